# SPDX-License-Identifier: Apache-2.0
"""What the server is compared with. These run in .venv-bench; the driver never imports them."""
