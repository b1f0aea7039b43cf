"""Visits in the source's own row, intake rules and labels, where a candidate's fields come from"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEPT = 30
Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString

# Columns are added one by one and never by copying the table: others refer to these rows.
ADDED: dict[str, tuple[sa.Column[Any], ...]] = {
    "source": (
        sa.Column("whole_at", Moment(), nullable=True),
        sa.Column("answered_url", Text(length=2000), nullable=False, server_default=""),
        sa.Column("wait_until", Moment(), nullable=True),
        sa.Column("distrusted_at", Moment(), nullable=True),
        sa.Column("strip", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("last_code", Text(length=40), nullable=False, server_default=""),
        sa.Column("quiet_at", Moment(), nullable=True),
        sa.Column("broken_at", Moment(), nullable=True),
        sa.Column("usual_gap_s", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("note", Text(length=500), nullable=False, server_default=""),
        sa.Column("refused_url", Text(length=2000), nullable=False, server_default=""),
        sa.Column("gone_since", Moment(), nullable=True),
    ),
    "entry": (
        sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("related", Text(length=2000), nullable=False, server_default=""),
        sa.Column("signal", Text(length=40), nullable=False, server_default=""),
        sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("only_seen", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column(
            "blocked_by_id",
            sa.Integer(),
            sa.ForeignKey("intake_rule.id", name="fk_entry_blocked_by_id_intake_rule"),
            nullable=True,
        ),
    ),
    "candidate": (
        sa.Column("findings", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("relevance", sa.Integer(), nullable=True),
    ),
}


def upgrade() -> None:
    op.create_table(
        "intake_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("act", Text(length=20), nullable=False),
        sa.Column("field", Text(length=20), nullable=False),
        sa.Column("pattern", Text(length=300), nullable=False),
        sa.Column("is_expression", sa.Boolean(), nullable=False),
        sa.Column("label", Text(length=60), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_intake_rule_created_by_id_user")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_intake_rule_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_rule")),
    )
    op.create_table(
        "candidate_label",
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("label", Text(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_candidate_label_candidate_id_candidate")
        ),
        sa.PrimaryKeyConstraint("candidate_id", "label", name=op.f("pk_candidate_label")),
    )
    op.create_index(op.f("ix_candidate_label_label"), "candidate_label", ["label"])
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column, inline_references=True)
    op.create_index(op.f("ix_source_fetched_at"), "source", ["fetched_at"])
    held = sa.text("held")
    op.create_index("ix_entry_held", "entry", ["source_id"], sqlite_where=held, postgresql_where=held)
    # What named a tool and proposed nothing told a known tool, or was too old or one of too many: it stays seen.
    op.execute(
        "UPDATE entry SET only_seen = TRUE WHERE kind IN ('tool', 'version')"
        " AND NOT EXISTS (SELECT 1 FROM mention WHERE mention.entry_id = entry.id)"
    )
    _carry_visits_over()
    op.drop_table("fetch")


def _carry_visits_over() -> None:
    """The last thirty visits of each source into its row, and what the rules asked of the older ones."""
    connection = op.get_bind()
    fetch = sa.table(
        "fetch",
        *(sa.column(name) for name in ("id", "source_id", "status", "wire_bytes", "entries", "new")),
        sa.column("at", Moment()),
        *(sa.column(name) for name in ("elapsed_ms", "error_code")),
    )
    source = sa.table(
        "source",
        *(sa.column(name) for name in ("id", "last_code")),
        sa.column("strip", sa.JSON()),
        *(sa.column(name, Moment()) for name in ("whole_at", "gone_since", "succeeded_at")),
    )
    for source_id, succeeded_at in connection.execute(sa.select(source.c.id, source.c.succeeded_at)).all():
        rows = connection.execute(
            sa.select(fetch).where(fetch.c.source_id == source_id).order_by(fetch.c.id)
        ).all()
        if not rows:
            continue
        since = succeeded_at or datetime.min.replace(tzinfo=UTC)
        connection.execute(
            source.update()
            .where(source.c.id == source_id)
            .values(
                strip=list(_packed(rows[-KEPT:])),
                last_code=rows[-1].error_code,
                whole_at=max((row.at for row in rows if row.status == 200), default=None),
                gone_since=min(
                    (row.at for row in rows if row.error_code == "gone" and row.at > since), default=None
                ),
            )
        )


def _packed(rows: Any) -> Iterator[list[int | str]]:
    for row in rows:
        at = int(row.at.timestamp())
        yield [at, row.status, row.wire_bytes, row.entries, row.new, row.elapsed_ms, row.error_code]


def downgrade() -> None:
    op.drop_index("ix_entry_held", "entry")
    op.drop_index(op.f("ix_source_fetched_at"), "source")
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column.name)
    op.drop_table("candidate_label")
    op.drop_table("intake_rule")
    op.create_table(
        "fetch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("wire_bytes", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        sa.Column("error_code", Text(length=40), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_fetch_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetch")),
    )
    op.create_index(op.f("ix_fetch_source_id"), "fetch", ["source_id"])
