# SPDX-License-Identifier: Apache-2.0
"""Everything that lasts: one protocol of domain verbs, one implementation for each database."""
