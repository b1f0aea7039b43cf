"""Who decides for an approver who is away; nobody decides beyond their offices in the database too"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0027"
down_revision = "0024"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString

FIXED_BEFORE = (
    "id", "number", "uid", "tool_id", "evaluation_id", "outcome", "edition", "versions", "deployment", "data_ceiling",
    "accounts", "offices", "audience", "rationale", "reason_code", "citation", "alternatives", "pilot", "decided_by_id",
    "decided_by", "decided_at", "published_at", "starts_at", "valid_until", "imported", "reference", "alone",
    "internal_note", "notes", "recommended", "step_reason", "assessment",
)  # fmt: skip
FIXED = (*FIXED_BEFORE, "decided_for_id", "decided_for")
TOLD = "what was decided is never changed"
DECIDING = (
    "verdict.published", "verdict.upheld", "verdict.revoked", "verdict.suspended", "verdict.suspension_confirmed",
    "verdict.suspension_lifted", "verdict.sunset", "verdict.sunset_cancelled", "verdict.graduated",
    "verdict.graduation_cancelled", "verdict.pilot_result", "condition.met", "condition.waived", "condition.reopened",
)  # fmt: skip
"""What a person does to a verdict that is for offices."""


def _active(person: str, *roles: str) -> str:
    held = ", ".join(f"'{role}'" for role in roles)
    return (
        f'EXISTS (SELECT 1 FROM "user" WHERE "user".id = {person} AND "user".disabled_at IS NULL)'
        f" AND EXISTS (SELECT 1 FROM user_role WHERE user_role.user_id = {person} AND user_role.role IN ({held}))"
    )


def _no_deputy(deputy: str, approver: str, at: str) -> str:
    """That no delegation holds by which one decides for the other at that moment."""
    return (
        "NOT (EXISTS (SELECT 1 FROM delegation"
        f" WHERE delegation.approver_id = {approver} AND delegation.deputy_id = {deputy}"
        f" AND delegation.ended_at IS NULL AND delegation.starts_at <= {at} AND {at} < delegation.ends_at)"
        f" AND {_active(approver, 'approver')} AND {_active(deputy, 'approver', 'reviewer')})"
    )


def _beyond(person: str, offices: str, *, sqlite: bool) -> str:
    """That this person's roles are for some offices, and not for all of these; none of these means all there are."""
    each, many = (
        (f"json_each({offices}) AS wanted", f"json_array_length({offices})")
        if sqlite
        else (f"json_array_elements_text({offices}) AS wanted(value)", f"json_array_length({offices})")
    )
    return (
        f"(EXISTS (SELECT 1 FROM user_office WHERE user_office.user_id = {person})"
        f" AND ({many} = 0 OR EXISTS (SELECT 1 FROM {each} WHERE wanted.value NOT IN"
        " (SELECT office.code FROM user_office JOIN office ON office.id = user_office.office_id"
        f" WHERE user_office.user_id = {person}))))"
    )


def _refusals(*, sqlite: bool) -> tuple[tuple[str, str, str, str, str], ...]:
    """Name, table and act, what must hold of the row first, what is told, and what is refused of it."""
    named = "json_extract(NEW.after, '$.for')" if sqlite else "(NEW.after ->> 'for')::integer"
    subject = "(SELECT verdict.offices FROM verdict WHERE verdict.id = NEW.subject_id)"
    act = (
        "NEW.actor_id IS NOT NULL AND NEW.subject_kind = 'verdict' AND NEW.action IN ("
        + ", ".join(f"'{each}'" for each in DECIDING)
        + ")"
    )
    another = "NEW.decided_for_id IS NOT NULL"
    insert, on_event = "INSERT ON verdict", "INSERT ON event"
    whose = "no verdict: the approver for whom it was decided"
    fixed = ("id", "approver_id", "deputy_id", "made_at", "starts_at", "ends_at")
    differs = " OR ".join(f"NEW.{each} <> OLD.{each}" for each in fixed)
    return (
        (
            "verdict_reach",
            insert,
            "NEW.decided_by_id IS NOT NULL",
            "no verdict: it is for offices beyond those of who decided",
            _beyond("coalesce(NEW.decided_for_id, NEW.decided_by_id)", "NEW.offices", sqlite=sqlite),
        ),
        (
            "verdict_deputy",
            insert,
            another,
            "no verdict: who decided is not the deputy of whom it was decided for",
            "NEW.decided_by_id IS NULL OR NEW.alone = 'quick_lane' OR "
            + _no_deputy("NEW.decided_by_id", "NEW.decided_for_id", "NEW.decided_at"),
        ),
        (
            "verdict_for_requester",
            insert,
            another,
            f"{whose} asked for this tool",
            "EXISTS (SELECT 1 FROM request LEFT JOIN candidate ON candidate.id = request.candidate_id"
            " WHERE request.user_id = NEW.decided_for_id"
            " AND (request.tool_id = NEW.tool_id OR candidate.tool_id = NEW.tool_id))",
        ),
        (
            "verdict_for_contact",
            insert,
            another,
            f"{whose} is a contact of its vendor",
            "EXISTS (SELECT 1 FROM vendor_contact"
            " WHERE vendor_contact.tool_id = NEW.tool_id AND vendor_contact.user_id = NEW.decided_for_id)",
        ),
        (
            "verdict_for_interested",
            insert,
            another,
            f"{whose} declared an interest in it",
            "EXISTS (SELECT 1 FROM interest AS said JOIN evaluation AS of_said ON of_said.id = said.evaluation_id"
            " WHERE of_said.tool_id = NEW.tool_id AND said.user_id = NEW.decided_for_id AND said.interested"
            " AND NOT EXISTS (SELECT 1 FROM interest AS later JOIN evaluation AS of_later"
            " ON of_later.id = later.evaluation_id"
            " WHERE of_later.tool_id = NEW.tool_id AND later.user_id = said.user_id"
            " AND said.evaluation_id <> NEW.evaluation_id"
            " AND (later.evaluation_id = NEW.evaluation_id OR later.at > said.at)))",
        ),
        (
            "verdict_for_scorer",
            insert,
            another,
            f"{whose} scored it",
            "EXISTS (SELECT 1 FROM scorecard"
            " WHERE scorecard.evaluation_id = NEW.evaluation_id AND scorecard.user_id = NEW.decided_for_id)",
        ),
        (
            "event_reach",
            on_event,
            act,
            "no act: the verdict is for offices beyond those of who acts",
            _beyond(f"coalesce({named}, NEW.actor_id)", subject, sqlite=sqlite),
        ),
        (
            "event_deputy",
            on_event,
            f"{act} AND {named} IS NOT NULL",
            "no act: who acts is not the deputy of whom they act for",
            _no_deputy("NEW.actor_id", named, "NEW.at"),
        ),
        (
            "delegation_rests",
            "INSERT ON delegation",
            "",
            "no delegation: an approver names a reviewer or an approver",
            "NEW.ended_at IS NOT NULL OR NOT ("
            + _active("NEW.approver_id", "approver")
            + " AND "
            + _active("NEW.deputy_id", "approver", "reviewer")
            + ")",
        ),
        (
            "delegation_stays",
            "UPDATE ON delegation",
            "",
            "a delegation is ended and never changed",
            f"OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR {differs}",
        ),
        ("delegation_is_kept", "DELETE ON delegation", "", "a delegation is ended and never changed", ""),
    )


def upgrade() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.CheckConstraint("approver_id <> deputy_id", name=op.f("ck_delegation_not_oneself")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_delegation_for_a_time")),
        sa.ForeignKeyConstraint(["approver_id"], ["user.id"], name=op.f("fk_delegation_approver_id_user")),
        sa.ForeignKeyConstraint(["deputy_id"], ["user.id"], name=op.f("fk_delegation_deputy_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_approver_id"), "delegation", ["approver_id"])
    op.create_index(op.f("ix_delegation_deputy_id"), "delegation", ["deputy_id"])
    # As in 0005: columns are added one by one, since triggers hang on the table.
    key = sa.ForeignKey("user.id", name="fk_verdict_decided_for_id_user")
    op.add_column(
        "verdict", sa.Column("decided_for_id", sa.Integer(), key, nullable=True), inline_references=True
    )
    op.add_column("verdict", sa.Column("decided_for", Text(length=120), nullable=False, server_default=""))
    _fix(FIXED)
    for name, on, when, told, refused in _refusals(sqlite=_sqlite()):
        if _sqlite():
            holds = " AND ".join(f"({each})" for each in (when, refused) if each)
            condition = f" WHEN {holds}" if holds else ""
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {on}{condition} BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
            continue
        gives = "OLD" if on.startswith("DELETE") else "NEW"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {refused or 'true'} THEN RAISE EXCEPTION '{told}' USING ERRCODE = 'check_violation'; END IF;"
            f" RETURN {gives}; END $$"
        )
        condition = f" WHEN ({when})" if when else ""
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} FOR EACH ROW{condition} EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    for name, on, *_ in _refusals(sqlite=_sqlite()):
        if _sqlite():
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON {on.rpartition(' ')[2]}")
            op.execute(f"DROP FUNCTION {name}()")
    _fix(FIXED_BEFORE)
    op.drop_column("verdict", "decided_for")
    op.drop_column("verdict", "decided_for_id")
    op.drop_table("delegation")


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _fix(columns: tuple[str, ...]) -> None:
    """Make the trigger anew that refuses a change of these columns."""
    on = f"BEFORE UPDATE OF {', '.join(columns)} ON verdict"
    if _sqlite():
        op.execute("DROP TRIGGER verdict_decider_stays")
        op.execute(f"CREATE TRIGGER verdict_decider_stays {on} BEGIN SELECT RAISE(ABORT, '{TOLD}'); END")
        return
    op.execute("DROP TRIGGER verdict_decider_stays ON verdict")
    op.execute(
        f"CREATE TRIGGER verdict_decider_stays {on} FOR EACH ROW EXECUTE FUNCTION verdict_decider_stays()"
    )
