# SPDX-License-Identifier: Apache-2.0
"""What several parts of the store refuse for; the rest stands beside the verbs."""


class Refused(Exception):
    """A verb did not do what was asked, for a reason that its docstring names."""


class ReceiverMissing(Refused):
    """The account has no such receiver."""
