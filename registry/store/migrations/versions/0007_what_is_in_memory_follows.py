"""A trail of what changed about tools, written by triggers, which what is kept in memory follows"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEPT = 5_000
WATCHED = {
    "tool": ("{row}.id", True),
    "alias": ("{row}.tool_id", True),
    "verdict": ("{row}.tool_id", False),
    "verdict_condition": ("0", False),
    "supersession": ("0", False),
    "evaluation": ("{row}.tool_id", False),
    "event": ("0", False),
    "office": ("0", False),
}
"""Table an answer is read from -> the tool it is about, and whether it is a way to say the tool."""
ONLY = {"event": "NEW.subject_kind = 'verdict'"}
ACTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    op.create_table(
        "tool_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_change")),
    )
    op.create_index(op.f("ix_tool_change_xid"), "tool_change", ["xid"])
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
    else:
        _on_sqlite()


def _on_sqlite() -> None:
    op.execute(
        "CREATE TRIGGER follow_prune AFTER INSERT ON tool_change BEGIN"
        f" DELETE FROM tool_change WHERE id <= NEW.id - {KEPT}; END"
    )
    for table, act, row in _triggers():
        tool, named = WATCHED[table]
        when = f" WHEN {ONLY[table]}" if table in ONLY else ""
        rows = ("OLD", "NEW") if act == "UPDATE" and table == "alias" else (row,)
        inserts = "".join(
            f" INSERT INTO tool_change (tool_id, named, xid) VALUES ({tool.format(row=each)}, {int(named)}, 0);"
            for each in rows
        )
        op.execute(
            f"CREATE TRIGGER follow_{table}_{act.lower()} AFTER {act} ON {table}{when} BEGIN{inserts} END"
        )


def _on_postgresql() -> None:
    # Rows that another transaction is about to prune are passed by: nobody may wait here for anybody.
    op.execute(
        "CREATE FUNCTION follow_prune() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " DELETE FROM tool_change WHERE id IN (SELECT id FROM tool_change"
        f" WHERE id <= (SELECT max(id) FROM tool_change) - {KEPT} FOR UPDATE SKIP LOCKED);"
        " RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER follow_prune AFTER INSERT ON tool_change FOR EACH STATEMENT EXECUTE FUNCTION follow_prune()"
    )
    for table, act, row in _triggers():
        tool, named = WATCHED[table]
        when = f" WHEN ({ONLY[table]})" if table in ONLY else ""
        rows = ("OLD", "NEW") if act == "UPDATE" and table == "alias" else (row,)
        inserts = "".join(
            " INSERT INTO tool_change (tool_id, named, xid)"
            f" VALUES ({tool.format(row=each)}, {named}, pg_current_xact_id()::text::bigint);"
            for each in rows
        )
        name = f"follow_{table}_{act.lower()}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN{inserts} RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {act} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION {name}()"
        )


def _triggers() -> list[tuple[str, str, str]]:
    acts = {table: {"INSERT": "NEW"} if table in ONLY else ACTS for table in WATCHED}
    return [(table, act, row) for table in WATCHED for act, row in acts[table].items()]


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, act, _ in [*_triggers(), ("prune", "", "")]:
        name = f"follow_{table}_{act.lower()}".rstrip("_")
        on = "tool_change" if table == "prune" else table
        op.execute(f"DROP TRIGGER {name} ON {on}" if postgresql else f"DROP TRIGGER {name}")
        if postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("tool_change")
