# SPDX-License-Identifier: Apache-2.0
"""The accounts that `yizhan dev` starts with; their keys are fixed, printed, visibly not real."""

from typing import Final

from yizhan.domain.model import AccessKey, Account, SubUser
from yizhan.store.base import SeedAccount, SeedUser

REAL_NAME_UIN: Final = 100000000001
NO_REAL_NAME_UIN: Final = 100000000002
SUB_USER_UIN: Final = 100000000101


def dev_key(number: int, owner_uin: int, user_uin: int) -> AccessKey:
    """36 and 32 characters, like real ones."""
    return AccessKey(
        secret_id=f"AKIDyizhandev{number:023d}",
        secret_key=f"yizhandev{number:023d}",
        owner_uin=owner_uin,
        user_uin=user_uin,
    )


DEV_KEY: Final = dev_key(1, REAL_NAME_UIN, REAL_NAME_UIN)
"""Of the account with real-name authentication: what the start prints and `yizhan env` exports."""

DEV_ACCOUNTS: Final = (
    SeedAccount(
        account=Account(uin=REAL_NAME_UIN, app_id=1250000001, name="dev", real_name=True),
        keys=(DEV_KEY,),
        users=(
            SeedUser(
                SubUser(uin=SUB_USER_UIN, owner_uin=REAL_NAME_UIN, name="dev-no-permission"),
                (dev_key(3, REAL_NAME_UIN, SUB_USER_UIN),),
            ),
        ),
    ),
    SeedAccount(
        account=Account(
            uin=NO_REAL_NAME_UIN, app_id=1250000002, name="dev-no-real-name", real_name=False
        ),
        keys=(dev_key(2, NO_REAL_NAME_UIN, NO_REAL_NAME_UIN),),
    ),
)
