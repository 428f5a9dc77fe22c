# SPDX-License-Identifier: Apache-2.0
"""What tests of several kinds share: a live server, a client of our own, recorded requests."""
