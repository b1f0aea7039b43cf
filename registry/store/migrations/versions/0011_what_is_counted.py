"""Indexes that hold all that is counted of verdicts, of the candidates of tools and of entries by source"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TOLD = [
    *("published_at", "undone_at", "tool_id", "number", "decided_at", "starts_at", "valid_until"),
    *("outcome", "recommended", "evaluation_id"),
]


def upgrade() -> None:
    of_tools = sa.text("tool_id IS NOT NULL")
    op.create_index("ix_verdict_told", "verdict", TOLD)
    op.drop_index("ix_verdict_published_at", "verdict")
    op.create_index(
        "ix_candidate_tool_id", "candidate", ["tool_id"], sqlite_where=of_tools, postgresql_where=of_tools
    )
    op.create_index("ix_entry_seen_at_source_id", "entry", ["seen_at", "source_id"])
    op.drop_index("ix_entry_seen_at", "entry")


def downgrade() -> None:
    op.create_index("ix_entry_seen_at", "entry", ["seen_at"])
    op.drop_index("ix_entry_seen_at_source_id", "entry")
    op.drop_index("ix_candidate_tool_id", "candidate")
    op.create_index("ix_verdict_published_at", "verdict", ["published_at"])
    op.drop_index("ix_verdict_told", "verdict")
