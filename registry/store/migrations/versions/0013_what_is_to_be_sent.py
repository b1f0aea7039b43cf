"""Followers, webhooks, and the outbox of what is to be sent to them"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0016"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString
WAITS = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "follower",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", Text(length=254), nullable=False),
        sa.Column("wanted", Text(length=1000), nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.Column("nonce", Text(length=32), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("confirmed_at", Moment(), nullable=True),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_follower"),
    )
    op.create_index("ix_follower_address_wanted", "follower", ["address", "wanted"], unique=True)
    op.create_index("ix_follower_confirmed_at", "follower", ["confirmed_at"])
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", Text(length=2000), nullable=False),
        sa.Column("wanted", Text(length=1000), nullable=False),
        sa.Column("note", Text(length=200), nullable=False),
        sa.Column("nonce", Text(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("both_until", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("disabled_at", Moment(), nullable=True),
        sa.Column("disabled_why", Text(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", Text(length=32), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("follower_id", sa.Integer(), nullable=True),
        sa.Column("webhook_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("about", Text(length=2000), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", Text(length=80), nullable=False),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("tried_at", Moment(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reply", Text(length=500), nullable=False),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name="fk_delivery_follower_id_follower"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name="fk_delivery_webhook_id_webhook"),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name="fk_delivery_request_id_request"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("uid", name="uq_delivery_uid"),
    )
    op.create_index(
        "ix_delivery_due", "delivery", ["channel", "due_at"], sqlite_where=WAITS, postgresql_where=WAITS
    )
    op.create_index("ix_delivery_webhook_id_id", "delivery", ["webhook_id", "id"])
    op.create_index("ix_delivery_state_id", "delivery", ["state", "id"])
    op.create_index("ix_delivery_follower_id", "delivery", ["follower_id"])
    op.create_index("ix_delivery_request_id", "delivery", ["request_id"])
    op.create_table(
        "told_notice",
        sa.Column("notice_number", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notice.number"], name="fk_told_notice_notice_number_notice"
        ),
        sa.PrimaryKeyConstraint("notice_number", name="pk_told_notice"),
    )
    op.add_column("request", sa.Column("told_step", Text(length=20), nullable=False, server_default=""))
    op.add_column("request", sa.Column("silent", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("request", "silent")
    op.drop_column("request", "told_step")
    for table in ("told_notice", "delivery", "webhook", "follower"):
        op.drop_table(table)
