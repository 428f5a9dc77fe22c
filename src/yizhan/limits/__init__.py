# SPDX-License-Identifier: Apache-2.0
"""How many calls a second: one protocol, and its form in the memory of one process."""
