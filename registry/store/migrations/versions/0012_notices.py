"""Notices: what followers are told, one row for each thing that befell a verdict, never changed

Those of verdicts that there are are written by services/verdicts/announcing.py at the first start, since what a day
brought depends on the organisation's time zone, which a migration does not know.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0012"
down_revision = "0014"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString
TOLD = "what was announced is never changed"


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("uid", Text(length=36), nullable=False),
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("key", Text(length=80), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("published_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("filed_at", Moment(), nullable=False),
        sa.Column("news", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("category", Text(length=80), nullable=False),
        sa.Column("tool_name", Text(length=120), nullable=False),
        sa.Column("state_before", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("replacement", Text(length=200), nullable=False),
        sa.Column("title", Text(length=300), nullable=False),
        sa.Column("sentence", Text(length=1200), nullable=False),
        sa.Column("change", Text(length=200), nullable=False),
        sa.Column("reason", Text(length=1200), nullable=False),
        sa.Column("by", Text(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("pilot_result", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name="fk_notice_tool_id_tool"),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdict.id"], name="fk_notice_verdict_id_verdict"),
        sa.PrimaryKeyConstraint("number", name="pk_notice"),
        sa.UniqueConstraint("verdict_id", "key", "revision", name="uq_notice_verdict_id_key_revision"),
    )
    op.create_index("ix_notice_uid", "notice", ["uid"])
    op.create_index("ix_notice_updated_at_number", "notice", ["updated_at", "number"])
    op.create_index("ix_notice_filed_at_number", "notice", ["filed_at", "number"])
    for facet in ("tool_id", "category", "outcome"):
        op.create_index(f"ix_notice_{facet}_updated_at_number", "notice", [facet, "updated_at", "number"])
    op.create_index("ix_verdict_starts_at", "verdict", ["starts_at"])
    op.create_index("ix_verdict_valid_until", "verdict", ["valid_until"])
    op.create_table(
        "notice_book",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority", Text(length=255), nullable=False),
        sa.Column("named_on", sa.Date(), nullable=True),
        sa.Column("swept_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notice_book"),
    )
    op.execute("INSERT INTO notice_book (id, authority) VALUES (1, '')")
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER notice_stays_{act.lower()} BEFORE {act} ON notice"
                f" BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
            )
        op.execute(
            "CREATE TRIGGER follow_notice_insert AFTER INSERT ON notice BEGIN"
            " INSERT INTO tool_change (tool_id, named, xid) VALUES (NEW.tool_id, 0, 0); END"
        )
        return
    op.execute(
        "CREATE FUNCTION notice_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{TOLD}' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER notice_stays BEFORE UPDATE OR DELETE ON notice FOR EACH ROW EXECUTE FUNCTION notice_stays()"
    )
    op.execute(
        "CREATE FUNCTION follow_notice_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO tool_change (tool_id, named, xid)"
        " VALUES (NEW.tool_id, False, pg_current_xact_id()::text::bigint); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER follow_notice_insert AFTER INSERT ON notice"
        " FOR EACH ROW EXECUTE FUNCTION follow_notice_insert()"
    )


def downgrade() -> None:
    op.drop_index("ix_verdict_valid_until", "verdict")
    op.drop_index("ix_verdict_starts_at", "verdict")
    op.drop_table("notice_book")
    op.drop_table("notice")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION follow_notice_insert()")
        op.execute("DROP FUNCTION notice_stays()")
