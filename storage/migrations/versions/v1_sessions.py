"""Sessions with their contenders, cases and replies.

`number` of a session's parts begins with that of the session: session << 22, then 1 + position for a
case, 1 << 21 onwards for the replies in the order in which they came. So a session's rows lie together,
and the number of any part tells whose it is. What is long lies at the end of a row.
"""

from alembic import op

revision = "v1"
down_revision = None

# "STLY": tells our file from other SQLite databases, also for the `file` command.
_APPLICATION_ID = 0x53544C59

_STATEMENTS = (
    f"PRAGMA application_id = {_APPLICATION_ID}",
    """
    CREATE TABLE session (
        number INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        created_us BIGINT NOT NULL,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        n_jobs INTEGER NOT NULL,
        starred BOOLEAN NOT NULL,
        tags TEXT NOT NULL,
        machine TEXT NOT NULL,
        owner_pid INTEGER,
        owner_started_s DOUBLE,
        owner_boot TEXT,
        notes TEXT NOT NULL,
        body BLOB NOT NULL
    )
    """,
    "CREATE INDEX session_created ON session (created_us, number)",
    """
    CREATE TABLE contender (
        session INTEGER NOT NULL,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        file TEXT NOT NULL,
        quantization TEXT,
        body BLOB NOT NULL,
        PRIMARY KEY (session, position),
        UNIQUE (session, name),
        FOREIGN KEY (session) REFERENCES session (number) ON DELETE CASCADE
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE "case" (
        number INTEGER NOT NULL PRIMARY KEY,
        session INTEGER NOT NULL,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (session, position),
        UNIQUE (session, name),
        FOREIGN KEY (session) REFERENCES session (number) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE reply (
        number INTEGER NOT NULL PRIMARY KEY,
        session INTEGER NOT NULL,
        contender INTEGER NOT NULL,
        "case" INTEGER NOT NULL,
        repeat INTEGER NOT NULL,
        finish_reason TEXT NOT NULL,
        text TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (session, contender, "case", repeat),
        FOREIGN KEY (session) REFERENCES session (number) ON DELETE CASCADE,
        FOREIGN KEY (session, contender)
            REFERENCES contender (session, position) ON DELETE CASCADE,
        FOREIGN KEY (session, "case") REFERENCES "case" (session, position) ON DELETE CASCADE
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
