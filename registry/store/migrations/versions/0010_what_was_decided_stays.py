"""A verdict is of an evaluation of its own tool or an imported one, and all of it but the taking back is fixed"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

REFUSALS = (
    (
        "without_evaluation",
        "no verdict: it has no evaluation",
        "NEW.evaluation_id IS NULL AND NOT NEW.imported",
    ),
    (
        "of_other_tool",
        "no verdict: its evaluation is of another tool",
        "NEW.evaluation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM evaluation"
        " WHERE evaluation.id = NEW.evaluation_id AND evaluation.tool_id = NEW.tool_id)",
    ),
)
FIXED = (
    "id", "number", "uid", "tool_id", "evaluation_id", "outcome", "edition", "versions", "deployment", "data_ceiling",
    "accounts", "offices", "audience", "rationale", "reason_code", "citation", "alternatives", "pilot", "decided_by_id",
    "decided_by", "decided_at", "published_at", "starts_at", "valid_until", "imported", "reference", "alone",
    "internal_note", "notes", "recommended", "step_reason", "assessment",
)  # fmt: skip
"""Every column but `undone_at`."""
FIXED_BEFORE = ("tool_id", "evaluation_id", "decided_by_id", "alone", "imported")
TOLD_BEFORE = "who decided what is never changed"
TOLD = "what was decided is never changed"


def upgrade() -> None:
    _fix(FIXED, TOLD)
    for name, told, refused in REFUSALS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER verdict_{name} BEFORE INSERT ON verdict WHEN {refused}"
                f" BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION verdict_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {refused} THEN RAISE EXCEPTION '{told}' USING ERRCODE = 'check_violation'; END IF;"
            " RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER verdict_{name} BEFORE INSERT ON verdict"
            f" FOR EACH ROW EXECUTE FUNCTION verdict_{name}()"
        )


def _fix(columns: tuple[str, ...], told: str) -> None:
    """Make the trigger anew that refuses a change of these columns."""
    on = f"BEFORE UPDATE OF {', '.join(columns)} ON verdict"
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER verdict_decider_stays")
        op.execute(f"CREATE TRIGGER verdict_decider_stays {on} BEGIN SELECT RAISE(ABORT, '{told}'); END")
        return
    op.execute("DROP TRIGGER verdict_decider_stays ON verdict")
    op.execute(
        "CREATE OR REPLACE FUNCTION verdict_decider_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{told}' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER verdict_decider_stays {on} FOR EACH ROW EXECUTE FUNCTION verdict_decider_stays()"
    )


def downgrade() -> None:
    for name, _, _ in REFUSALS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER verdict_{name}")
        else:
            op.execute(f"DROP TRIGGER verdict_{name} ON verdict")
            op.execute(f"DROP FUNCTION verdict_{name}()")
    _fix(FIXED_BEFORE, TOLD_BEFORE)
