# SPDX-License-Identifier: Apache-2.0
"""ListReceiver."""

from typing import Final

from yizhan.actions.context import Context, require_real_name
from yizhan.actions.shapes import ListReceiverRequest, ListReceiverResponse, Receiver
from yizhan.domain import model
from yizhan.domain.receiver import mask_email, mask_phone
from yizhan.spec import CAM

MAX_LIMIT: Final = CAM.actions["ListReceiver"].parameter("Limit").clamp or 0


async def list_receiver(request: ListReceiverRequest, ctx: Context) -> ListReceiverResponse:
    """List the receivers of the caller's account, a page at a time, in the order of creation."""
    if ctx.receivers.real_name_for_all_actions:
        require_real_name(ctx)
    ctx.trail.begin("execute")
    page = await ctx.store.list_receivers(
        ctx.account.uin, offset=request.offset, limit=min(request.limit, MAX_LIMIT)
    )
    return ListReceiverResponse(
        total_count=page.total,
        receivers=[_shown(receiver, ctx) for receiver in page.receivers],
    )


def _shown(receiver: model.Receiver, ctx: Context) -> Receiver:
    masked = ctx.receivers.masking == "tencent"
    return Receiver(
        uid=receiver.uid,
        name=receiver.name,
        remark=receiver.remark,
        phone_number=mask_phone(receiver.phone_number) if masked else receiver.phone_number,
        phone_flag=int(receiver.phone_verified),
        email=mask_email(receiver.email) if masked else receiver.email,
        email_flag=int(receiver.email_verified),
        is_receiver_owner=int(receiver.primary),
        wechat_flag=0,
        uin=ctx.account.uin if ctx.receivers.uin == "account" else 0,
        country_code=receiver.country_code,
    )
