"""Contacts of vendors, why a lower tier was chosen, lines carried over from an earlier scorecard"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0002"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString
CARRYING = ("scorecard_rating", "scorecard_knock_out")


def upgrade() -> None:
    op.create_table(
        "vendor_contact",
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("note", Text(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_vendor_contact_tool_id_tool")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_vendor_contact_user_id_user")),
        sa.PrimaryKeyConstraint("tool_id", "user_id", name=op.f("pk_vendor_contact")),
    )
    op.add_column("evaluation", sa.Column("tier_reason", Text(length=500), nullable=False, server_default=""))
    for table in CARRYING:
        op.add_column(table, sa.Column("carried", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in CARRYING:
        op.drop_column(table, "carried")
    op.drop_column("evaluation", "tier_reason")
    op.drop_table("vendor_contact")
