# SPDX-License-Identifier: Apache-2.0
"""What somebody pasted, and what is wrong with it.

Pure: texts and requests go in, findings come out. Nothing here reads a store, a clock or a file.
"""
