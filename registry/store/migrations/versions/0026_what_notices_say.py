"""What fills the sentences of a notice; and mails to those who work here, of what waits for them"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0026"
down_revision = "0022"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.add_column("notice", sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column(
        "user", sa.Column("work_mails", sa.String(length=40), nullable=False, server_default="daily")
    )
    person = sa.Column(
        "user_id", sa.Integer(), sa.ForeignKey("user.id", name="fk_delivery_user_id_user"), nullable=True
    )
    op.add_column("delivery", person, inline_references=True)
    op.create_index("ix_delivery_user_id", "delivery", ["user_id"])
    op.create_table(
        "work_told",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", Text(length=80), nullable=False),
        sa.Column("delivery_uid", Text(length=32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_work_told_user_id_user"),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_work_told"),
    )
    op.create_index("ix_work_told_delivery_uid", "work_told", ["delivery_uid"])


def downgrade() -> None:
    op.drop_table("work_told")
    op.drop_index("ix_delivery_user_id", "delivery")
    with op.batch_alter_table("delivery") as batch:
        batch.drop_column("user_id")
    op.drop_column("user", "work_mails")
    op.drop_column("notice", "facts")
