"""Sessions that their person can read and end, providers' identities, and limits that all processes share"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0020"
down_revision = "0017"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    # Where and how a session began cannot be known afterwards: everybody signs in once more.
    op.drop_table("user_session")
    op.create_table(
        "user_session",
        sa.Column("digest", Text(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("device", Text(length=80), nullable=False),
        sa.Column("place", Text(length=60), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_user_session_user_id_user"),
        sa.PrimaryKeyConstraint("digest", name="pk_user_session"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
    op.add_column(
        "sign_in_link", sa.Column("sets_password", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "user_identity",
        sa.Column("issuer", Text(length=300), nullable=False),
        sa.Column("subject", Text(length=255), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_user_identity_user_id_user"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_user_identity"),
    )
    op.create_index("ix_user_identity_user_id", "user_identity", ["user_id"])
    op.create_table(
        "provider_sign_in",
        sa.Column("digest", Text(length=64), nullable=False),
        sa.Column("browser", Text(length=64), nullable=False),
        sa.Column("nonce", Text(length=64), nullable=False),
        sa.Column("verifier", Text(length=128), nullable=False),
        sa.Column("next", Text(length=2000), nullable=False),
        sa.Column("link_digest", Text(length=64), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_provider_sign_in"),
    )
    op.create_index("ix_provider_sign_in_expires_at", "provider_sign_in", ["expires_at"])
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", Text(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failure"),
    )
    op.create_index("ix_sign_in_failure_at", "sign_in_failure", ["at"])
    op.create_index("ix_sign_in_failure_key_at", "sign_in_failure", ["key", "at"])


def downgrade() -> None:
    op.drop_table("sign_in_failure")
    op.drop_table("provider_sign_in")
    op.drop_table("user_identity")
    with op.batch_alter_table("sign_in_link") as batch:
        batch.drop_column("sets_password")
    op.drop_table("user_session")
    op.create_table(
        "user_session",
        sa.Column("digest", Text(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_user_session_user_id_user"),
        sa.PrimaryKeyConstraint("digest", name="pk_user_session"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
