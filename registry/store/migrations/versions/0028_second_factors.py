"""Second factors of accounts: keys that apps share with us, recovery codes, and sign-ins that wait for a code"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sealed", Text(length=200), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("set_up_at", Moment(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_second_factor_user_id_user"),
        sa.PrimaryKeyConstraint("user_id", name="pk_second_factor"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", Text(length=64), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_recovery_code_user_id_user"),
        sa.PrimaryKeyConstraint("user_id", "digest", name="pk_recovery_code"),
    )
    op.create_table(
        "code_wanted",
        sa.Column("digest", Text(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("next", Text(length=2000), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_code_wanted_user_id_user"),
        sa.PrimaryKeyConstraint("digest", name="pk_code_wanted"),
    )
    op.create_index("ix_code_wanted_user_id", "code_wanted", ["user_id"])
    op.create_index("ix_code_wanted_expires_at", "code_wanted", ["expires_at"])


def downgrade() -> None:
    op.drop_table("code_wanted")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
