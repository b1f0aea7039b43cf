"""Remarks on disagreements, the one re-score of each reviewer, reference cases and what reviewers gave to them"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "remark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("item", Text(length=20), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("text", Text(length=1000), nullable=False),
        sa.Column("evidence", Text(length=2000), nullable=False),
        sa.Column("asked_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name="fk_remark_evaluation_id_evaluation"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name="fk_remark_by_id_user"),
        sa.ForeignKeyConstraint(["asked_id"], ["user.id"], name="fk_remark_asked_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_remark"),
    )
    op.create_index("ix_remark_evaluation_id", "remark", ["evaluation_id"])
    op.create_table(
        "rescore",
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scorecard_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name="fk_rescore_evaluation_id_evaluation"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_rescore_user_id_user"),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecard.id"], name="fk_rescore_scorecard_id_scorecard"),
        sa.PrimaryKeyConstraint("evaluation_id", "user_id", name="pk_rescore"),
    )
    op.create_table(
        "reference_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", Text(length=120), nullable=False),
        sa.Column("description", Text(length=4000), nullable=False),
        sa.Column("intended_use", Text(length=500), nullable=False),
        sa.Column("evidence", Text(length=8000), nullable=False),
        sa.Column("rubric_hash", Text(length=64), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("retired_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rubric_hash"], ["rubric_file.content_hash"], name="fk_reference_case_rubric_hash_rubric_file"
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name="fk_reference_case_evaluation_id_evaluation"
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["user.id"], name="fk_reference_case_made_by_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_reference_case"),
    )
    op.create_table(
        "reference_score",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("item", Text(length=20), nullable=False),
        sa.Column("value", Text(length=10), nullable=False),
        sa.Column("reason", Text(length=1000), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_reference_score_reason")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["reference_case.id"], name="fk_reference_score_case_id_reference_case"
        ),
        sa.PrimaryKeyConstraint("case_id", "item", name="pk_reference_score"),
    )
    op.create_table(
        "reference_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("saved_at", Moment(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("submitted_at", Moment(), nullable=True),
        sa.Column("near", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.Float(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["reference_case.id"], name="fk_reference_attempt_case_id_reference_case"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_reference_attempt_user_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_reference_attempt"),
        sa.UniqueConstraint("case_id", "user_id", name="uq_reference_attempt_case_id_user_id"),
    )
    op.create_index("ix_reference_attempt_user_id", "reference_attempt", ["user_id"])


def downgrade() -> None:
    for table in ("reference_attempt", "reference_score", "reference_case", "rescore", "remark"):
        op.drop_table(table)
