# SPDX-License-Identifier: Apache-2.0
"""How quick is the server, next to its peers? Run by `scripts/bench`; see docs/performance.md."""
