# SPDX-License-Identifier: Apache-2.0
"""A call as source text: eight SDK languages, `tccli`, curl, raw HTTP and Terraform."""

from yizhan.codegen.call import TENCENT_CLOUD, ApiCall, Target
from yizhan.codegen.forms import FORMS, SDK_LANGUAGES, Form
from yizhan.codegen.render import CannotRender, Source, render

__all__ = [
    "FORMS",
    "SDK_LANGUAGES",
    "TENCENT_CLOUD",
    "ApiCall",
    "CannotRender",
    "Form",
    "Source",
    "Target",
    "render",
]
