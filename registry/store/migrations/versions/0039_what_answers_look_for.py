"""Evaluations by when they were decided, and which tools have a verdict that permits, are found by an index"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("ix_evaluation_decided", "evaluation", ["closed_at"], "state = 'decided'")
    _index("ix_verdict_standing", "verdict", ["tool_id", "outcome"], "undone_at IS NULL")


def downgrade() -> None:
    op.drop_index("ix_verdict_standing", "verdict")
    op.drop_index("ix_evaluation_decided", "evaluation")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
