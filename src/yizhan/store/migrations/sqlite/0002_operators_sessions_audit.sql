-- Whoever runs the registry: signs in to the console with a token, of which only the hash is kept.
CREATE TABLE operators (
    name       TEXT    NOT NULL PRIMARY KEY,
    -- Argon2id, in the form that carries its own parameters.
    token_hash TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is signed in to the console. A session ends with the operator or the key that began it.
CREATE TABLE sessions (
    cookie_sha256 TEXT    NOT NULL PRIMARY KEY,
    operator      TEXT    REFERENCES operators (name) ON DELETE CASCADE,
    -- The root account's uin; NULL for an operator.
    uin           INTEGER,
    secret_id     TEXT,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    CONSTRAINT sessions_one_kind CHECK ((operator IS NULL) = (secret_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE audit_entries (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    -- `operator:NAME`, `cli:NAME`, `key:SECRET_ID`, `dev` or `anonymous`.
    actor     TEXT    NOT NULL,
    operation TEXT    NOT NULL,
    -- The root account that it concerns; NULL for what concerns none.
    uin       INTEGER,
    target    TEXT    NOT NULL,
    -- A JSON object of texts.
    details   TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_entries_by_account ON audit_entries (uin, id);

CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed');
END;

CREATE TRIGGER audit_entries_remain BEFORE DELETE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never deleted');
END;
