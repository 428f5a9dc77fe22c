-- When a contact was confirmed; NULL as long as it is not.
ALTER TABLE receivers ADD COLUMN phone_verified_at INTEGER;
ALTER TABLE receivers ADD COLUMN email_verified_at INTEGER;
ALTER TABLE receivers DROP COLUMN phone_verified;
ALTER TABLE receivers DROP COLUMN email_verified;

CREATE TABLE outbox_messages (
    -- AUTOINCREMENT, as token, code and Message-ID are derived from it.
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    uin          INTEGER NOT NULL,
    receiver_uid INTEGER NOT NULL,
    -- `phone` or `email`.
    channel      TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    -- `create` or `resend`.
    reason       TEXT    NOT NULL,
    -- `queued` until it is `sent`, `captured`, `failed`, `held`, `suppressed`, `replaced` or `dropped`.
    state        TEXT    NOT NULL DEFAULT 'queued',
    -- How often a worker took it; also says whose claim it is, as each claim counts it up.
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- When it may be taken; a claim moves it to the claim's end.
    due_at       INTEGER NOT NULL,
    -- 1 for one that is to go out though the outbox captures.
    released     INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    settled_at   INTEGER,
    -- What the other side said at the last try, addresses masked.
    said         TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX outbox_messages_due ON outbox_messages (channel, due_at) WHERE state = 'queued';

-- Uids grow, so new rows come together at its end; with the uin in front, each create would write a
-- page of its own.
CREATE INDEX outbox_messages_by_receiver ON outbox_messages (receiver_uid, channel);

-- Links that were given out. Neither a token nor an address can be read from a row.
CREATE TABLE verifications (
    token_sha256    TEXT    NOT NULL PRIMARY KEY,
    uin             INTEGER NOT NULL,
    receiver_uid    INTEGER NOT NULL,
    channel         TEXT    NOT NULL,
    -- NULL for the link of a create's answer, which asks for the code and confirms nothing by itself.
    message_id      INTEGER,
    issued_at       INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    code_expires_at INTEGER NOT NULL,
    wrong_codes     INTEGER NOT NULL DEFAULT 0,
    -- Empty while it is open; then `confirmed`, `replaced`, `changed`, `deleted` or `refused`.
    ended           TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE INDEX verifications_by_receiver ON verifications (uin, receiver_uid, channel);

CREATE INDEX verifications_by_expiry ON verifications (expires_at);

-- Addresses whose owner said "not me". The key is a keyed hash, of no account.
CREATE TABLE suppressions (
    address_key TEXT    NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many messages went to an address on a day, over all accounts, and when the last one was.
CREATE TABLE address_days (
    address_key TEXT    NOT NULL,
    day         TEXT    NOT NULL,
    messages    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    PRIMARY KEY (address_key, day)
) STRICT, WITHOUT ROWID;
