# SPDX-License-Identifier: Apache-2.0
"""DeleteMessageReceiver."""

from yizhan.actions.context import Context, require_real_name
from yizhan.actions.shapes import DeleteMessageReceiverRequest, DeleteMessageReceiverResponse
from yizhan.errors import PRIMARY_CONTACT, USER_NOT_EXISTS, ApiError
from yizhan.store.base import AccountMissing, ReceiverIsPrimary, ReceiverMissing


async def delete_message_receiver(
    request: DeleteMessageReceiverRequest, ctx: Context
) -> DeleteMessageReceiverResponse:
    """Delete the receiver of that exact name from the caller's account."""
    if ctx.receivers.real_name_for_all_actions:
        require_real_name(ctx)
    ctx.trail.begin("execute")
    try:
        await ctx.store.delete_receiver(ctx.account.uin, request.name, now=int(ctx.now))
    except (AccountMissing, ReceiverMissing):
        raise ApiError(USER_NOT_EXISTS) from None
    except ReceiverIsPrimary:
        raise ApiError(PRIMARY_CONTACT) from None
    return DeleteMessageReceiverResponse()
