# SPDX-License-Identifier: Apache-2.0
"""CreateMessageReceiver."""

from yizhan.actions.context import Context, require_real_name
from yizhan.actions.shapes import CreateMessageReceiverRequest, CreateMessageReceiverResponse
from yizhan.domain.model import ReceiverDraft
from yizhan.domain.receiver import check_draft
from yizhan.domain.verification import MessagePlan, new_token, token_sha256
from yizhan.errors import (
    INTERFACE_NOT_EXIST,
    LIMIT_EXCEEDED_UIN,
    RECEIVER_OVER_LIMIT,
    SUB_USER_NAME_IN_USE,
    USER_NOT_EXIST,
    ApiError,
)
from yizhan.store.base import (
    AccountFull,
    AccountMissing,
    CreateLimits,
    DailyQuotaSpent,
    NameTaken,
)


async def create_message_receiver(
    request: CreateMessageReceiverRequest, ctx: Context
) -> CreateMessageReceiverResponse:
    """Add a receiver to the caller's account, and queue a message to its phone and its mail.

    Every request that comes as far as an open account spends one of the day's creates, refused ones
    too; only the refusal for want of a create spends none.
    """
    ctx.trail.begin("account")
    if not ctx.account.may_create:
        raise ApiError(INTERFACE_NOT_EXIST)
    if ctx.account.closed:
        raise ApiError(USER_NOT_EXIST)
    try:
        require_real_name(ctx)
        ctx.trail.begin("values")
        draft = _checked_draft(request, ctx)
    except ApiError:
        await ctx.store.spend_create(
            ctx.account.uin, day=ctx.quota_day(), per_day=ctx.limits.creates_per_day
        )
        raise
    token = new_token() if ctx.receivers.return_phone_verify_link else ""
    plan = _message_plan(token, ctx)
    # One transaction answers both; the time is that of the write.
    ctx.trail.begin("quota", ctx.limits.creates_per_day)
    ctx.trail.begin("execute")
    try:
        await ctx.store.create_receiver(
            ctx.account.uin,
            draft,
            day=ctx.quota_day(),
            limits=CreateLimits(ctx.limits.creates_per_day, ctx.receivers.per_account),
            now=int(ctx.now),
            plan=plan,
        )
    except AccountMissing:
        raise ApiError(USER_NOT_EXIST) from None
    except DailyQuotaSpent:
        ctx.trail.refused_by = "quota"
        raise ApiError(LIMIT_EXCEEDED_UIN) from None
    except AccountFull:
        raise ApiError(RECEIVER_OVER_LIMIT) from None
    except NameTaken:
        raise ApiError(SUB_USER_NAME_IN_USE) from None
    if token:
        link = f"{ctx.public_url}/verify/{token}"
        return CreateMessageReceiverResponse(phone_num_verify_link=link)
    return CreateMessageReceiverResponse()


def _message_plan(token: str, ctx: Context) -> MessagePlan:
    outbox = ctx.settings.outbox
    return MessagePlan(
        ctx.language if outbox.language == "caller" else outbox.language,
        token_sha256(token) if token else "",
        int(ctx.now) + outbox.link_hours * 3600,
    )


def _checked_draft(request: CreateMessageReceiverRequest, ctx: Context) -> ReceiverDraft:
    draft = ReceiverDraft(
        name=request.name,
        country_code=request.country_code,
        phone_number=request.phone_number,
        email=request.email,
        remark=request.remark or "",
    )
    return check_draft(draft, accept_masked_samples=ctx.receivers.accept_masked_samples)
