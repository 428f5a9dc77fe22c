# SPDX-License-Identifier: Apache-2.0
"""What a client calls itself, in short.

Source: what the official clients send, measured November 2026 (docs/clients.md).
"""

import re
from typing import Final

_CLI: Final = re.compile(r"_CLI_([\w.]+)")
_SDK: Final = re.compile(r"SDK_([A-Z]+)_(?:CAM_)?([\w.]+)")
_NAMES: Final = {
    "PYTHON": "Python SDK",
    "NODEJS": "Node.js SDK",
    "PHP": "PHP SDK",
    "GO": "Go SDK",
    "JAVA": "Java SDK",
    "NET": ".NET SDK",
    "CPP": "C++ SDK",
    "RUBY": "Ruby SDK",
}
_OWN: Final = {"yizhan-explorer": "Explorer", "yizhan-console": "Console", "yizhan": "yizhan"}
LONGEST: Final = 60


def client_name(request_client: str, user_agent: str) -> str:
    """`tccli 3.1.189.1`, `Go SDK 1.3.166`, `curl 8.5.0`; empty if it says nothing of itself."""
    own = _OWN.get(request_client)
    if own:
        return own
    if request_client.startswith("Terraform"):
        return "Terraform"
    if found := _CLI.search(request_client):
        return f"tccli {found[1]}"
    if found := _SDK.search(request_client):
        return f"{_NAMES.get(found[1], found[1])} {found[2]}"[:LONGEST]
    # The Ruby client names itself here alone.
    if user_agent == "Ruby":
        return "Ruby SDK"
    return user_agent.partition(" ")[0].replace("/", " ")[:LONGEST]
