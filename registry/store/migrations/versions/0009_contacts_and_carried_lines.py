"""What ties a contact to the vendor, why a lower tier was chosen, lines carried over from an earlier scorecard"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Text = sqlmodel.sql.sqltypes.AutoString
CARRYING = ("scorecard_rating", "scorecard_knock_out")


def upgrade() -> None:
    op.add_column("vendor_contact", sa.Column("note", Text(length=200), nullable=False, server_default=""))
    op.add_column("evaluation", sa.Column("tier_reason", Text(length=500), nullable=False, server_default=""))
    for table in CARRYING:
        op.add_column(table, sa.Column("carried", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in CARRYING:
        op.drop_column(table, "carried")
    op.drop_column("evaluation", "tier_reason")
    op.drop_column("vendor_contact", "note")
