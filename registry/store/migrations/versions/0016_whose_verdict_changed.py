"""The trail names the tool also where a condition, a replacement or an event of a verdict was written"""

from alembic import op

revision = "0016"
down_revision = "0012"
branch_labels = None
depends_on = None

OF_VERDICT = "coalesce((SELECT tool_id FROM verdict WHERE verdict.id = {row}.%s), 0)"
NAMED = {
    "verdict_condition": (OF_VERDICT % "verdict_id",),
    "supersession": (OF_VERDICT % "verdict_id", OF_VERDICT % "superseded_id"),
    "event": (OF_VERDICT % "subject_id",),
}
"""Table -> the tools that a row of it concerns."""
UNNAMED = dict.fromkeys(NAMED, ("0",))
ONLY = {"event": "NEW.subject_kind = 'verdict'"}
ACTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    _follow(NAMED)


def downgrade() -> None:
    _follow(UNNAMED)


def _follow(concerned: dict[str, tuple[str, ...]]) -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, tools in concerned.items():
        for act, row in {"INSERT": "NEW"}.items() if table in ONLY else ACTS.items():
            name, xid = (
                f"follow_{table}_{act.lower()}",
                "pg_current_xact_id()::text::bigint" if postgresql else "0",
            )
            inserts = "".join(
                f" INSERT INTO tool_change (tool_id, named, xid) VALUES ({tool.format(row=row)}, false, {xid});"
                for tool in tools
            )
            if postgresql:
                op.execute(
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
                    f" $$ BEGIN{inserts} RETURN NULL; END $$"
                )
                continue
            when = f" WHEN {ONLY[table]}" if table in ONLY else ""
            op.execute(f"DROP TRIGGER {name}")
            op.execute(f"CREATE TRIGGER {name} AFTER {act} ON {table}{when} BEGIN{inserts} END")
