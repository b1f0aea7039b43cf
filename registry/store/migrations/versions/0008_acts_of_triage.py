"""Acts of triage that can be undone, candidates that were said to differ, saved filters"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "triage_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor", Text(length=120), nullable=False),
        sa.Column("verb", Text(length=20), nullable=False),
        sa.Column("told", Text(length=1200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("mark", Text(length=64), nullable=False),
        sa.Column("undone_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_triage_act_actor_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_act")),
    )
    op.create_index(op.f("ix_triage_act_actor_id_at"), "triage_act", ["actor_id", "at"])
    op.create_index(op.f("ix_triage_act_mark"), "triage_act", ["mark"])
    op.create_table(
        "triage_step",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("made", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["triage_act.id"], name=op.f("fk_triage_step_act_id_triage_act")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_triage_step_candidate_id_candidate")
        ),
        sa.PrimaryKeyConstraint("act_id", "candidate_id", name=op.f("pk_triage_step")),
    )
    op.create_index(op.f("ix_triage_step_candidate_id"), "triage_step", ["candidate_id"])
    op.create_table(
        "difference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("tool_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint("(other_id IS NULL) <> (tool_id IS NULL)", name=op.f("ck_difference_other")),
        sa.CheckConstraint("other_id IS NULL OR candidate_id < other_id", name=op.f("ck_difference_order")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_difference_by_id_user")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_difference_candidate_id_candidate")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["candidate.id"], name=op.f("fk_difference_other_id_candidate")
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_difference_tool_id_tool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference")),
        sa.UniqueConstraint("candidate_id", "other_id", name=op.f("uq_difference_candidate_id_other_id")),
        sa.UniqueConstraint("candidate_id", "tool_id", name=op.f("uq_difference_candidate_id_tool_id")),
    )
    op.create_index(op.f("ix_difference_other_id"), "difference", ["other_id"])
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", Text(length=60), nullable=False),
        sa.Column("query", Text(length=1000), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_saved_filter_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_filter_user_id_name")),
    )


def downgrade() -> None:
    for table in ("saved_filter", "difference", "triage_step", "triage_act"):
        op.drop_table(table)
