"""Which notices a feed holds is found in memory; what was taken back is found by an index of its own"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NO_MORE = {
    "ix_notice_category_updated_at_number": ["category", "updated_at", "number"],
    "ix_notice_outcome_updated_at_number": ["outcome", "updated_at", "number"],
    "ix_notice_filed_at_number": ["filed_at", "number"],
}


def upgrade() -> None:
    for name in NO_MORE:
        op.drop_index(name, table_name="notice")
    taken_back = sa.text("undone_at IS NOT NULL")
    op.create_index(
        "ix_verdict_undone", "verdict", ["undone_at"], sqlite_where=taken_back, postgresql_where=taken_back
    )


def downgrade() -> None:
    op.drop_index("ix_verdict_undone", table_name="verdict")
    for name, columns in NO_MORE.items():
        op.create_index(name, "notice", columns)
