"""The trail of changes tells also of what public pages show beside answers, so that they hold until it is written"""

from alembic import op

revision = "0029"
down_revision = "0031"
branch_labels = None
depends_on = None

OF_CANDIDATE = "SELECT tool_id FROM candidate WHERE id = {row}.candidate_id AND tool_id IS NOT NULL"
OF_ENTRY = (
    "SELECT DISTINCT candidate.tool_id FROM mention JOIN candidate ON candidate.id = mention.candidate_id"
    " WHERE mention.entry_id = {row}.id AND candidate.tool_id IS NOT NULL"
)
OF_EVENT = (
    "SELECT {row}.subject_id AS tool_id WHERE {row}.subject_kind = 'tool' UNION"
    " SELECT tool_id FROM verdict WHERE id = {row}.subject_id AND {row}.subject_kind = 'verdict'"
)
OF_LOG = (
    "SELECT verdict.tool_id FROM event JOIN verdict ON verdict.id = event.subject_id"
    " WHERE event.id = {row}.event_id AND event.subject_kind = 'verdict'"
)
OF_VERDICT = "SELECT tool_id FROM verdict WHERE id = {row}.verdict_id"
OF_ANY = "SELECT 0 AS tool_id"
ITS_OWN = "SELECT {row}.tool_id AS tool_id WHERE {row}.tool_id IS NOT NULL"
SHOWN = {
    "mention": (OF_CANDIDATE, ("INSERT", "UPDATE", "DELETE"), ()),
    "candidate": (ITS_OWN, ("INSERT", "UPDATE", "DELETE"), ("tool_id",)),
    "entry": (OF_ENTRY, ("UPDATE",), ()),
    "source": (OF_ANY, ("UPDATE",), ("name", "url", "answered_url", "removed_at")),
    "adoption": (OF_VERDICT, ("INSERT", "UPDATE", "DELETE"), ()),
    "outside_revision": (OF_ANY, ("INSERT", "UPDATE", "DELETE"), ()),
    "rubric_file": (OF_ANY, ("INSERT", "UPDATE", "DELETE"), ()),
    "rubric_in_force": (OF_ANY, ("INSERT", "UPDATE", "DELETE"), ()),
    "notice_book": (OF_ANY, ("INSERT", "UPDATE"), ("authority", "named_on")),
    "log_entry": (OF_LOG, ("INSERT",), ()),
    "event": (OF_EVENT, ("INSERT", "UPDATE"), ()),
}
"""Table -> the tools that a row of it is shown with (0 is each tool there is), the acts, and, where an update of others
shows nowhere, the columns that count."""
ROWS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}
ONLY = {"event": "NEW.subject_kind = 'tool'"}
"""Of what is inserted; events of verdicts are on the trail already."""


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    named, xid = ("false", "pg_current_xact_id()::text::bigint") if postgresql else ("0", "0")
    for table, (tools, acts, columns) in SHOWN.items():
        for act in acts:
            name = _name(table, act)
            rows = ROWS[act] if "{row}" in tools else ROWS[act][:1]
            which = " UNION ".join(tools.format(row=row) for row in rows)
            insert = (
                f"INSERT INTO tool_change (tool_id, named, xid) SELECT found.tool_id, {named}, {xid}"
                f" FROM ({which}) AS found;"
            )
            when = _when(table, act, columns, "IS DISTINCT FROM" if postgresql else "IS NOT")
            if not postgresql:
                op.execute(
                    f"CREATE TRIGGER {name} AFTER {act} ON {table}{when and f' WHEN {when}'} BEGIN {insert} END"
                )
                continue
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert} RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {act} ON {table} FOR EACH ROW{when and f' WHEN ({when})'}"
                f" EXECUTE FUNCTION {name}()"
            )


def _when(table: str, act: str, columns: tuple[str, ...], differs: str) -> str:
    if act == "INSERT":
        return ONLY.get(table, "")
    return " OR ".join(f"OLD.{each} {differs} NEW.{each}" for each in columns) if act == "UPDATE" else ""


def _name(table: str, act: str) -> str:
    return f"show_{table}_{act.lower()}"


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, (_, acts, _) in SHOWN.items():
        for act in acts:
            name = _name(table, act)
            op.execute(f"DROP TRIGGER {name} ON {table}" if postgresql else f"DROP TRIGGER {name}")
            if postgresql:
                op.execute(f"DROP FUNCTION {name}()")
