"""Verdicts of other registries, what they said before, and which of our verdicts took one over"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString
WAITING = sa.text("tool_id IS NULL AND set_aside_at IS NULL")
ACTS = ("INSERT", "UPDATE", "DELETE")


def upgrade() -> None:
    op.create_table(
        "outside_verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", Text(length=200), nullable=False),
        sa.Column("number", Text(length=40), nullable=False),
        sa.Column("tool_name", Text(length=120), nullable=False),
        sa.Column("name_key", Text(length=120), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("said_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=True),
        sa.Column("placed_by", sa.String(length=40), nullable=True),
        sa.Column("candidate_id", sa.Integer(), nullable=True),
        sa.Column("set_aside_at", Moment(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_outside_verdict_source_id_source")
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_outside_verdict_tool_id_tool")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_outside_verdict_candidate_id_candidate")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_verdict")),
        sa.UniqueConstraint("source_id", "key", name=op.f("uq_outside_verdict_source_id_key")),
    )
    for name in ("name_key", "ends_on", "tool_id", "candidate_id"):
        op.create_index(op.f(f"ix_outside_verdict_{name}"), "outside_verdict", [name])
    op.create_index(
        "ix_outside_verdict_waiting",
        "outside_verdict",
        ["id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_table(
        "outside_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outside_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("said_at", Moment(), nullable=False),
        sa.Column("replaced_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outside_id"],
            ["outside_verdict.id"],
            name=op.f("fk_outside_revision_outside_id_outside_verdict"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_revision")),
        sa.UniqueConstraint("outside_id", "number", name=op.f("uq_outside_revision_outside_id_number")),
    )
    op.create_table(
        "adoption",
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("outside_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdict.id"], name=op.f("fk_adoption_verdict_id_verdict")),
        sa.ForeignKeyConstraint(
            ["outside_id"], ["outside_verdict.id"], name=op.f("fk_adoption_outside_id_outside_verdict")
        ),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_adoption")),
    )
    op.create_index(op.f("ix_adoption_outside_id"), "adoption", ["outside_id"])
    _follow()


def _follow() -> None:
    """Answers that are kept in memory quote what others decided, so that a change of it is on the trail."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for act in ACTS:
        name = f"follow_outside_verdict_{act.lower()}"
        xid = "pg_current_xact_id()::text::bigint" if postgresql else "0"
        insert = f"INSERT INTO tool_change (tool_id, named, xid) VALUES (0, {'false' if postgresql else 0}, {xid});"
        if postgresql:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN {insert} RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {act} ON outside_verdict FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )
        else:
            op.execute(f"CREATE TRIGGER {name} AFTER {act} ON outside_verdict BEGIN {insert} END")


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for act in ACTS:
        name = f"follow_outside_verdict_{act.lower()}"
        op.execute(f"DROP TRIGGER {name} ON outside_verdict" if postgresql else f"DROP TRIGGER {name}")
        if postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("adoption")
    op.drop_table("outside_revision")
    op.drop_table("outside_verdict")
