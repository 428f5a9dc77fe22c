# SPDX-License-Identifier: Apache-2.0
"""Rules that need no store and no network."""
