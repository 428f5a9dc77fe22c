-- Every table carries the root account's uin, so that the same schema can be distributed by it.

CREATE TABLE installation (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    uin            INTEGER NOT NULL PRIMARY KEY,
    app_id         INTEGER NOT NULL,
    name           TEXT    NOT NULL,
    real_name      INTEGER NOT NULL,
    may_create     INTEGER NOT NULL,
    closed         INTEGER NOT NULL,
    -- How many rows of receivers are the account's; kept so that neither a list nor a create has to count.
    receiver_count INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE sub_users (
    uin         INTEGER NOT NULL REFERENCES accounts (uin),
    user_uin    INTEGER NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    -- A JSON list of texts.
    permissions TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    CONSTRAINT sub_users_name UNIQUE (uin, name)
) STRICT;

CREATE TABLE access_keys (
    secret_id     TEXT    NOT NULL PRIMARY KEY,
    uin           INTEGER NOT NULL REFERENCES accounts (uin),
    -- The root account's uin, or a sub-user's.
    user_uin      INTEGER NOT NULL,
    -- Encrypted with the master key in `serve`; see store/sealing.py.
    sealed_secret TEXT    NOT NULL,
    -- Empty for a long-term key.
    token_sha256  TEXT    NOT NULL,
    expires_at    INTEGER,
    enabled       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX access_keys_user ON access_keys (user_uin);

CREATE TABLE receivers (
    -- AUTOINCREMENT, as a Uid is never given twice, not even after a deletion.
    uid            INTEGER PRIMARY KEY AUTOINCREMENT,
    uin            INTEGER NOT NULL REFERENCES accounts (uin),
    name           TEXT    NOT NULL,
    country_code   TEXT    NOT NULL,
    phone_number   TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    remark         TEXT    NOT NULL,
    phone_verified INTEGER NOT NULL DEFAULT 0,
    email_verified INTEGER NOT NULL DEFAULT 0,
    is_primary     INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL,
    CONSTRAINT receivers_name UNIQUE (uin, name)
) STRICT;

CREATE INDEX receivers_by_account ON receivers (uin, uid);

CREATE UNIQUE INDEX receivers_one_primary ON receivers (uin) WHERE is_primary;

INSERT INTO sqlite_sequence (name, seq) VALUES ('receivers', 1000000);

CREATE TABLE quota_days (
    uin   INTEGER NOT NULL,
    -- YYYY-MM-DD in the time zone of limits.day_utc_offset_hours.
    day   TEXT    NOT NULL,
    spent INTEGER NOT NULL,
    PRIMARY KEY (uin, day)
) STRICT, WITHOUT ROWID;
