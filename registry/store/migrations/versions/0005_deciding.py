"""The library of conditions, who may not decide in the database too, second readings"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString

KINDS = (
    "data_ceiling", "account_type", "training", "configuration", "version", "audience", "records_capture",
    "amended_terms", "accessibility_alternative", "spend_limit", "supervisor_approval", "review_date", "other",
)  # fmt: skip

# Who asked for the tool, is a contact of its vendor, or declared an interest never decides; who scored does not, save
# in one of the two exceptions, which the row itself must name. What came from another list was decided elsewhere.
ELSEWHERE = "NEW.evaluation_id IS NULL AND (NEW.imported OR NEW.decided_by_id IS NULL)"
REFUSALS = (
    ("is not named", "NEW.decided_by_id IS NULL"),
    (
        "asked for this tool",
        "EXISTS (SELECT 1 FROM request LEFT JOIN candidate ON candidate.id = request.candidate_id"
        " WHERE request.user_id = NEW.decided_by_id"
        " AND (request.tool_id = NEW.tool_id OR candidate.tool_id = NEW.tool_id))",
    ),
    (
        "is a contact of its vendor",
        "EXISTS (SELECT 1 FROM vendor_contact"
        " WHERE vendor_contact.tool_id = NEW.tool_id AND vendor_contact.user_id = NEW.decided_by_id)",
    ),
    (
        "declared an interest in it",
        # The word given in this evaluation counts, else the last one given in any of the tool.
        "EXISTS (SELECT 1 FROM interest AS said JOIN evaluation AS of_said ON of_said.id = said.evaluation_id"
        " WHERE of_said.tool_id = NEW.tool_id AND said.user_id = NEW.decided_by_id AND said.interested"
        " AND NOT EXISTS (SELECT 1 FROM interest AS later JOIN evaluation AS of_later"
        " ON of_later.id = later.evaluation_id"
        " WHERE of_later.tool_id = NEW.tool_id AND later.user_id = said.user_id"
        " AND said.evaluation_id <> NEW.evaluation_id"
        " AND (later.evaluation_id = NEW.evaluation_id OR later.at > said.at)))",
    ),
    (
        "scored it",
        "NEW.alone IS NULL AND EXISTS (SELECT 1 FROM scorecard"
        " WHERE scorecard.evaluation_id = NEW.evaluation_id AND scorecard.user_id = NEW.decided_by_id)",
    ),
    (
        "used the quick lane outside of tier 1",
        "NEW.alone = 'quick_lane' AND NOT EXISTS (SELECT 1 FROM evaluation"
        " WHERE evaluation.id = NEW.evaluation_id AND evaluation.tier = 1)",
    ),
)
FIXED = "tool_id, evaluation_id, decided_by_id, alone, imported"


def upgrade() -> None:
    op.create_table(
        "library_condition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("retired_at", Moment(), nullable=True),
        sa.Column("retired_reason", Text(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_condition")),
    )
    op.create_table(
        "library_wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("condition_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", Text(length=500), nullable=False),
        sa.Column(
            "kind", sa.Enum(*KINDS, name="conditionkind", native_enum=False, length=40), nullable=False
        ),
        sa.Column(
            "duty",
            sa.Enum("user", "office", "registry", name="duty", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column(
            "checked",
            sa.Enum("self_attested", "evidence", "automatic", name="check", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("mitigates", Text(length=200), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint(
            "NOT standing OR due_days IS NULL", name=op.f("ck_library_wording_standing_has_no_days")
        ),
        sa.ForeignKeyConstraint(
            ["condition_id"],
            ["library_condition.id"],
            name=op.f("fk_library_wording_condition_id_library_condition"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_library_wording_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_wording")),
        sa.UniqueConstraint("condition_id", "number", name=op.f("uq_library_wording_condition_id_number")),
    )
    op.create_table(
        "vendor_contact",
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_vendor_contact_tool_id_tool")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_vendor_contact_user_id_user")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_vendor_contact_by_id_user")),
        sa.PrimaryKeyConstraint("tool_id", "user_id", name=op.f("pk_vendor_contact")),
    )
    op.create_table(
        "second_reading",
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdict.id"], name=op.f("fk_second_reading_verdict_id_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_second_reading_evaluation_id_evaluation")
        ),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_second_reading")),
        sa.UniqueConstraint("evaluation_id", name=op.f("uq_second_reading_evaluation_id")),
    )
    # Columns are added one by one and never by copying the table: others refer to these rows, and triggers hang on it.
    alone = sa.Enum("quick_lane", "solo", name="alone", native_enum=False, length=40)
    op.add_column("verdict", sa.Column("alone", alone, nullable=True))
    op.add_column("verdict", sa.Column("internal_note", Text(length=4000), nullable=False, server_default=""))
    for table in ("verdict_condition", "proposed_condition"):
        name = f"fk_{table}_wording_id_library_wording"
        key = sa.ForeignKey("library_wording.id", name=name)
        op.add_column(
            table, sa.Column("wording_id", sa.Integer(), key, nullable=True), inline_references=True
        )
    op.create_index(op.f("ix_verdict_condition_wording_id"), "verdict_condition", ["wording_id"])
    for old, new in (("Quick lane", "quick_lane"), ("One person scored", "solo")):
        op.execute(f"UPDATE verdict SET alone = '{new}' WHERE CAST(notes AS TEXT) LIKE '[\"{old}%'")
    _guard()


def _guard() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for number, (told, refused) in enumerate(REFUSALS, start=1):
            op.execute(
                f"CREATE TRIGGER verdict_decider_{number} BEFORE INSERT ON verdict"
                f" WHEN NOT ({ELSEWHERE}) AND {refused}"
                f" BEGIN SELECT RAISE(ABORT, 'no verdict: who decided {told}'); END"
            )
        op.execute(
            f"CREATE TRIGGER verdict_decider_stays BEFORE UPDATE OF {FIXED} ON verdict"
            " BEGIN SELECT RAISE(ABORT, 'who decided what is never changed'); END"
        )
        return
    checks = "".join(
        f" IF {refused} THEN RAISE EXCEPTION 'no verdict: who decided {told}'"
        " USING ERRCODE = 'check_violation'; END IF;"
        for told, refused in REFUSALS
    )
    op.execute(
        "CREATE FUNCTION verdict_decider() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {ELSEWHERE} THEN RETURN NEW; END IF;{checks} RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER verdict_decider BEFORE INSERT ON verdict"
        " FOR EACH ROW EXECUTE FUNCTION verdict_decider()"
    )
    op.execute(
        "CREATE FUNCTION verdict_decider_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'who decided what is never changed' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER verdict_decider_stays BEFORE UPDATE OF {FIXED} ON verdict"
        " FOR EACH ROW EXECUTE FUNCTION verdict_decider_stays()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in (*(str(number) for number in range(1, len(REFUSALS) + 1)), "stays"):
            op.execute(f"DROP TRIGGER verdict_decider_{name}")
    else:
        for name in ("verdict_decider", "verdict_decider_stays"):
            op.execute(f"DROP TRIGGER {name} ON verdict")
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_index(op.f("ix_verdict_condition_wording_id"), "verdict_condition")
    for table in ("verdict_condition", "proposed_condition"):
        op.drop_column(table, "wording_id")
    op.drop_column("verdict", "internal_note")
    op.drop_column("verdict", "alone")
    for table in ("second_reading", "vendor_contact", "library_wording", "library_condition"):
        op.drop_table(table)
