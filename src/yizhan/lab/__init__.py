# SPDX-License-Identifier: Apache-2.0
"""Control for tests, in `yizhan dev` alone: `serve` does not import this package."""
