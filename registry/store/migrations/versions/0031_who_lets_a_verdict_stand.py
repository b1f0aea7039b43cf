"""Who may not decide lets no verdict stand in the database either; how long a failed sign-in counts"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0031"
down_revision = "0027"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime

TOOL = "(SELECT verdict.tool_id FROM verdict WHERE verdict.id = NEW.subject_id)"
READING = "(SELECT second_reading.evaluation_id FROM second_reading WHERE second_reading.verdict_id = NEW.subject_id)"


def _refusals(*, sqlite: bool) -> tuple[tuple[str, str, str], ...]:
    """Name, what is told, and what is refused of the event by which somebody lets a verdict stand."""
    named = "json_extract(NEW.after, '$.for')" if sqlite else "(NEW.after ->> 'for')::integer"
    those = f"IN (NEW.actor_id, {named})"
    whose = "no act: who lets the verdict stand, or for whom,"
    return (
        ("unnamed", "no act: who lets the verdict stand is not named", "NEW.actor_id IS NULL"),
        (
            "decider",
            f"{whose} decided it",
            "EXISTS (SELECT 1 FROM verdict WHERE verdict.id = NEW.subject_id"
            f" AND (verdict.decided_by_id {those} OR verdict.decided_for_id {those}))",
        ),
        (
            "requester",
            f"{whose} asked for this tool",
            "EXISTS (SELECT 1 FROM request LEFT JOIN candidate ON candidate.id = request.candidate_id"
            f" WHERE request.user_id {those} AND (request.tool_id = {TOOL} OR candidate.tool_id = {TOOL}))",
        ),
        (
            "contact",
            f"{whose} is a contact of its vendor",
            "EXISTS (SELECT 1 FROM vendor_contact"
            f" WHERE vendor_contact.tool_id = {TOOL} AND vendor_contact.user_id {those})",
        ),
        (
            "interested",
            f"{whose} declared an interest in it",
            "EXISTS (SELECT 1 FROM interest AS said JOIN evaluation AS of_said ON of_said.id = said.evaluation_id"
            f" WHERE of_said.tool_id = {TOOL} AND said.user_id {those} AND said.interested"
            " AND NOT EXISTS (SELECT 1 FROM interest AS later JOIN evaluation AS of_later"
            " ON of_later.id = later.evaluation_id"
            f" WHERE of_later.tool_id = {TOOL} AND later.user_id = said.user_id"
            f" AND said.evaluation_id <> {READING}"
            f" AND (later.evaluation_id = {READING} OR later.at > said.at)))",
        ),
        (
            "scorer",
            f"{whose} scored it",
            "EXISTS (SELECT 1 FROM scorecard"
            f" WHERE scorecard.evaluation_id = {READING} AND scorecard.user_id {those})",
        ),
    )


UPHELD = "NEW.subject_kind = 'verdict' AND NEW.action = 'verdict.upheld'"


def upgrade() -> None:
    # What counts there counts for a quarter of an hour: the table begins anew.
    op.drop_table("sign_in_failure")
    _make_failures(sa.Column("expires_at", Moment(), nullable=False))
    op.create_index("ix_sign_in_failure_expires_at", "sign_in_failure", ["expires_at"])
    for name, told, refused in _refusals(sqlite=_sqlite()):
        if _sqlite():
            op.execute(
                f"CREATE TRIGGER upheld_{name} BEFORE INSERT ON event WHEN {UPHELD} AND ({refused})"
                f" BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION upheld_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {refused} THEN RAISE EXCEPTION '{told}' USING ERRCODE = 'check_violation'; END IF;"
            " RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER upheld_{name} BEFORE INSERT ON event"
            f" FOR EACH ROW WHEN ({UPHELD}) EXECUTE FUNCTION upheld_{name}()"
        )


def downgrade() -> None:
    for name, *_ in _refusals(sqlite=_sqlite()):
        if _sqlite():
            op.execute(f"DROP TRIGGER upheld_{name}")
        else:
            op.execute(f"DROP TRIGGER upheld_{name} ON event")
            op.execute(f"DROP FUNCTION upheld_{name}()")
    op.drop_table("sign_in_failure")
    _make_failures()
    op.create_index("ix_sign_in_failure_at", "sign_in_failure", ["at"])


def _make_failures(*more: sa.Column[object]) -> None:
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        *more,
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failure"),
    )
    op.create_index("ix_sign_in_failure_key_at", "sign_in_failure", ["key", "at"])


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
