"""Why cases were opened again, reports of colleagues, evidence that a condition was met"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "reopening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("text", Text(length=500), nullable=False),
        sa.Column("link", Text(length=2000), nullable=False),
        sa.Column("key", Text(length=120), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name="fk_reopening_evaluation_id_evaluation"
        ),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdict.id"], name="fk_reopening_verdict_id_verdict"),
        sa.PrimaryKeyConstraint("id", name="pk_reopening"),
        sa.UniqueConstraint("key", name="uq_reopening_key"),
    )
    op.create_index("ix_reopening_evaluation_id", "reopening", ["evaluation_id"])
    op.create_index("ix_reopening_verdict_id", "reopening", ["verdict_id"])
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=True),
        sa.Column("name", Text(length=120), nullable=False),
        sa.Column("verdict_number", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("contact", Text(length=200), nullable=False),
        sa.Column("text", Text(length=2000), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("voice", Text(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name="fk_report_tool_id_tool"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_report_user_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
    )
    op.create_index("ix_report_tool_id", "report", ["tool_id"])
    op.create_index("ix_report_at", "report", ["at"])
    op.create_table(
        "read_mark",
        sa.Column("name", Text(length=40), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_read_mark"),
    )
    op.add_column(
        "verdict_condition", sa.Column("evidence", Text(length=2000), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("verdict_condition", "evidence")
    op.drop_table("read_mark")
    op.drop_table("report")
    op.drop_table("reopening")
