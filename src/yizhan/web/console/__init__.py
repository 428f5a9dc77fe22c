# SPDX-License-Identifier: Apache-2.0
"""The console: what has an API action is done by a signed call to it, all else is audited."""
