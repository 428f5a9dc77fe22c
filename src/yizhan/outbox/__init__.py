# SPDX-License-Identifier: Apache-2.0
"""Messages to receivers: what they say, how they go out, and the worker that sends them."""
