"""Full text search, filters, and a bin for sessions that are to be deleted.

`found` holds words only. Its rowid is the `number` of a case or reply, or session << 22 for title and
notes. searchable() is given to each connection by the program: it parts the characters of scripts that
are written without spaces. Whoever changes it must rebuild `found` in a migration, because SQLite takes
a text out of such an index by being told that text again.
"""

from alembic import op

revision = "v2"
down_revision = "v1"

_TITLE = "searchable({0}.title || char(10) || {0}.notes)"
_ADD = "INSERT INTO found (rowid, text) VALUES ({0}, {1})"
_TAKE = "INSERT INTO found (found, rowid, text) VALUES ('delete', {0}, {1})"


def _triggers(table: str, columns: str, number: str, text: str) -> tuple[str, ...]:
    """Keep the index in step with a table; `number` and `text` are given with {0} for the row."""
    add = _ADD.format(number.format("new"), text.format("new"))
    take = _TAKE.format(number.format("old"), text.format("old"))
    change = f"BEGIN {take}; {add}; END"
    return (
        f'CREATE TRIGGER {table}_added AFTER INSERT ON "{table}" BEGIN {add}; END',
        f'CREATE TRIGGER {table}_removed AFTER DELETE ON "{table}" BEGIN {take}; END',
        f'CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON "{table}" {change}',
    )


_STATEMENTS = (
    """
    CREATE TABLE bin (
        session INTEGER NOT NULL PRIMARY KEY,
        discarded_us BIGINT NOT NULL,
        FOREIGN KEY (session) REFERENCES session (number) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX contender_file ON contender (file, session)",
    "CREATE INDEX contender_quantization ON contender (quantization, session)",
    """
    CREATE VIRTUAL TABLE found
    USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2')
    """,
    f"INSERT INTO found (rowid, text) SELECT number << 22, {_TITLE.format('session')} FROM session",
    'INSERT INTO found (rowid, text) SELECT number, searchable(text) FROM "case"',
    "INSERT INTO found (rowid, text) SELECT number, searchable(text) FROM reply",
    *_triggers("session", "title, notes", "{0}.number << 22", _TITLE),
    *_triggers("case", "text", "{0}.number", "searchable({0}.text)"),
    *_triggers("reply", "text", "{0}.number", "searchable({0}.text)"),
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
