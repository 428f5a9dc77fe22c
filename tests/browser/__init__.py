# SPDX-License-Identifier: Apache-2.0
"""The portal as people see it: in a real Chromium, against a live server.

A package, so that Playwright ends with its last test: while its synchronous API is running, no
other test of this thread can have an event loop.
"""
