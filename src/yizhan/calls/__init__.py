# SPDX-License-Identifier: Apache-2.0
"""The request log: what is kept of each call, how it gets there, and what is made of it."""
