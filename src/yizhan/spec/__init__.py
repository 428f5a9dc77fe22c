# SPDX-License-Identifier: Apache-2.0
"""The specification of the served interface, read once."""

from yizhan.spec.model import CAM, ActionSpec, ErrorSpec, Parameter, Spec, Text

__all__ = ["CAM", "ActionSpec", "ErrorSpec", "Parameter", "Spec", "Text"]
