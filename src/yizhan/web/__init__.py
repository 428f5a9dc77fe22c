# SPDX-License-Identifier: Apache-2.0
"""The portal: API platform, quick search and API Explorer, rendered here and offline."""
