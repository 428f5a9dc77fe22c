# SPDX-License-Identifier: Apache-2.0
"""Tencent Cloud API 3.0 on the wire: bytes in, envelope out."""
