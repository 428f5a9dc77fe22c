# SPDX-License-Identifier: Apache-2.0
"""A competent afternoon's service: the same API with the usual frameworks, as one first writes it.

FastAPI, pydantic, SQLAlchemy's asyncio extension and aiosqlite. TC3 is verified, the quota is spent
in the transaction of the create, names are unique, and the file is as durable as ours. It leaves
out what an afternoon has no time for: signature v1, the quirks of clients, rate limits, sub-users,
the cap on receivers, libphonenumber, a log and metrics. Of the ways to share SQLite's one writer
(its own waiting, a pool of one connection, a lock) the quickest was kept.

Environment: PEER_DATABASE, the file; PEER_ACCOUNTS, a JSON file with a list of uin, secret_id and
secret_key.
"""

import asyncio
import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, EmailStr, Field, ValidationError
from sqlalchemy import UniqueConstraint, delete, event, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CREATES_PER_DAY = 1_000_000_000
WINDOW_SECONDS = 300

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['PEER_DATABASE']}")
sessions = async_sessionmaker(engine, expire_on_commit=False)
# SQLite has one writer. Waiting for our turn here is quicker than its own waiting, which polls.
writing = asyncio.Lock()


@event.listens_for(engine.sync_engine, "connect")
def durable(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"
    uin: Mapped[int] = mapped_column(primary_key=True)
    secret_id: Mapped[str] = mapped_column(unique=True)
    secret_key: Mapped[str]


class QuotaDay(Base):
    __tablename__ = "quota_days"
    uin: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    spent: Mapped[int]


class Receiver(Base):
    __tablename__ = "receivers"
    __table_args__ = (UniqueConstraint("uin", "name"),)
    uid: Mapped[int] = mapped_column(primary_key=True)
    uin: Mapped[int] = mapped_column(index=True)
    name: Mapped[str]
    country_code: Mapped[str]
    phone_number: Mapped[str]
    email: Mapped[str]
    remark: Mapped[str]


class Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CreateParameters(Parameters):
    name: Annotated[str, Field(alias="Name", min_length=1, max_length=64)]
    country_code: Annotated[str, Field(alias="CountryCode", pattern=r"^[1-9][0-9]{0,2}$")]
    phone_number: Annotated[str, Field(alias="PhoneNumber", pattern=r"^[0-9]{5,20}$")]
    email: Annotated[EmailStr, Field(alias="Email", max_length=254)]
    remark: Annotated[str, Field(alias="Remark", max_length=200)] = ""


class ListParameters(Parameters):
    offset: Annotated[int, Field(alias="Offset", ge=0)] = 0
    limit: Annotated[int, Field(alias="Limit", ge=0)] = 20


class DeleteParameters(Parameters):
    name: Annotated[str, Field(alias="Name")]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        accounts = json.loads(Path(os.environ["PEER_ACCOUNTS"]).read_text())  # noqa: ASYNC240 - once
        await connection.execute(insert(Account).values(accounts).on_conflict_do_nothing())
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.get("/healthz")
async def healthz() -> str:
    return "ok"


@app.post("/")
async def gateway(request: Request) -> JSONResponse:
    request_id = str(uuid.uuid4())
    try:
        async with sessions() as session:
            answer = await perform(session, request, await request.body())
    except Refused as refused:
        answer = {"Error": {"Code": refused.code, "Message": str(refused)}}
    except ValidationError as error:
        answer = {"Error": {"Code": "InvalidParameter", "Message": str(error.errors()[0]["msg"])}}
    return JSONResponse({"Response": {**answer, "RequestId": request_id}})


async def perform(session: AsyncSession, request: Request, body: bytes) -> dict[str, Any]:
    uin = await verified_caller(session, request, body)
    match request.headers.get("x-tc-action"):
        case "CreateMessageReceiver":
            return await create_receiver(session, uin, CreateParameters.model_validate_json(body))
        case "ListReceiver":
            return await list_receivers(session, uin, ListParameters.model_validate_json(body))
        case "DeleteMessageReceiver":
            return await delete_receiver(session, uin, DeleteParameters.model_validate_json(body))
        case _:
            raise Refused("InvalidAction", "The request action is not valid.")


async def verified_caller(session: AsyncSession, request: Request, body: bytes) -> int:
    """The uin whose key signed the request (TC3-HMAC-SHA256)."""
    headers = request.headers
    timestamp = headers.get("x-tc-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        raise Refused("AuthFailure.SignatureExpire", "The signature has expired.")
    try:
        _, credential, signed, signature = headers["authorization"].replace(",", "").split()
        secret_id, date, service, _ = credential.removeprefix("Credential=").split("/")
        signed_headers = signed.removeprefix("SignedHeaders=")
        block = "".join(f"{name}:{headers[name].lower()}\n" for name in signed_headers.split(";"))
    except (KeyError, ValueError):
        raise Refused("AuthFailure.InvalidAuthorization", "Authorization not valid.") from None
    account = await session.scalar(select(Account).where(Account.secret_id == secret_id))
    if account is None:
        raise Refused("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
    payload = hashlib.sha256(body).hexdigest()
    canonical = f"POST\n/\n\n{block}\n{signed_headers}\n{payload}"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"TC3-HMAC-SHA256\n{timestamp}\n{date}/{service}/tc3_request\n{hashed}"
    key = f"TC3{account.secret_key}".encode()
    for part in (date, service, "tc3_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(key.hex(), signature.removeprefix("Signature=")):
        raise Refused("AuthFailure.SignatureFailure", "The signature is not valid.")
    return account.uin


async def create_receiver(
    session: AsyncSession, uin: int, given: CreateParameters
) -> dict[str, Any]:
    day = f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d}"
    async with writing:
        spent = await session.scalar(
            insert(QuotaDay)
            .values(uin=uin, day=day, spent=1)
            .on_conflict_do_update(
                index_elements=["uin", "day"],
                set_={"spent": QuotaDay.spent + 1},
                where=QuotaDay.spent < CREATES_PER_DAY,
            )
            .returning(QuotaDay.spent)
        )
        if spent is None:
            raise Refused("LimitExceeded.Uin", "Over the request limit.")
        added = await session.scalar(
            insert(Receiver)
            .values(uin=uin, **given.model_dump())
            .on_conflict_do_nothing()
            .returning(Receiver.uid)
        )
        await session.commit()  # also of a create that the name refuses: it is spent all the same
    if added is None:
        raise Refused("InvalidParameter.SubUserNameInUse", "The name is in use.")
    return {}


async def list_receivers(session: AsyncSession, uin: int, given: ListParameters) -> dict[str, Any]:
    total = await session.scalar(
        select(func.count()).select_from(Receiver).where(Receiver.uin == uin)
    )
    page = await session.scalars(
        select(Receiver)
        .where(Receiver.uin == uin)
        .order_by(Receiver.uid)
        .offset(given.offset)
        .limit(min(given.limit, 200))
    )
    receivers = [
        {
            "Uid": receiver.uid,
            "Name": receiver.name,
            "Remark": receiver.remark,
            "CountryCode": receiver.country_code,
            "PhoneNumber": receiver.phone_number,
            "Email": receiver.email,
        }
        for receiver in page
    ]
    return {"TotalCount": total, "Receivers": receivers}


async def delete_receiver(
    session: AsyncSession, uin: int, given: DeleteParameters
) -> dict[str, Any]:
    async with writing:
        gone = await session.scalar(
            delete(Receiver)
            .where(Receiver.uin == uin, Receiver.name == given.name)
            .returning(Receiver.uid)
        )
        await session.commit()
    if gone is None:
        raise Refused("ResourceNotFound.UserNotExists", "The user does not exist.")
    return {}
