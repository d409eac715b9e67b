"""An index of the replies that failed, which a list counts for each of its sessions."""

from alembic import op

revision = "v3"
down_revision = "v2"


def upgrade() -> None:
    op.execute("CREATE INDEX reply_failed ON reply (session) WHERE finish_reason = 'error'")
