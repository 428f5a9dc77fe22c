# SPDX-License-Identifier: Apache-2.0
"""Receivers as files: what a file says, what importing it would do, and files of what is there.

Nothing here reads or writes: bytes and things come in, texts and plans go out.
"""
