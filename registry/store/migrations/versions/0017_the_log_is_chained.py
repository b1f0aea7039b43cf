"""Events are numbered in the order of commits and chained by hash; nothing of them is changed or deleted any more"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from registry.domain.log_line import NOTHING_BEFORE
from registry.store import log

revision = "0017"
down_revision = "0013"
branch_labels = None
depends_on = None

FIXED = ("id", "at", "actor_id", "action", "subject_kind", "subject_id", "before", "after")
"""Every column but `actor`: the name of somebody with an account may be erased."""
REFUSALS = (
    ("event_stays", "event", f"UPDATE OF {', '.join(FIXED)}", "", "what happened is never changed"),
    (
        "event_actor_stays",
        "event",
        "UPDATE OF actor",
        "OLD.actor_id IS NULL",
        "what happened is never changed",
    ),
    ("event_is_kept", "event", "DELETE", "", "what happened is never deleted"),
    ("log_entry_stays", "log_entry", "UPDATE", "", "the log is never changed"),
    ("log_entry_is_kept", "log_entry", "DELETE", "", "the log is never changed"),
    ("log_head_is_kept", "log_head", "DELETE", "", "the log is never changed"),
)
PERSONAL = {
    "user.added": ("email", "name"),
    "user.roles_set": ("email", "name"),
    "token.created": ("of",),
}
"""What older events told of people beside their number."""
AT_ONCE = 10_000


def upgrade() -> None:
    op.create_table(
        "log_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_log_entry_event_id_event")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("event_id", name=op.f("uq_log_entry_event_id")),
    )
    head = op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("last", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.bulk_insert(head, [{"id": 1, "size": 0, "last": NOTHING_BEFORE, "peaks": b""}])
    connection = op.get_bind()
    if connection.execute(sa.text("SELECT 1 FROM event LIMIT 1")).first():
        _forget_what_is_personal(connection)
        _chain_what_there_is(connection)
    _refuse(connection.dialect.name)


def _forget_what_is_personal(connection: sa.Connection) -> None:
    event = _event()
    query = sa.select(event.c.id, event.c.action, event.c.before, event.c.after)
    for row in connection.execute(query.where(event.c.action.in_(PERSONAL))).all():
        kept = {
            name: {key: value for key, value in told.items() if key not in PERSONAL[row.action]}
            for name, told in (("before", row.before), ("after", row.after))
        }
        connection.execute(event.update().where(event.c.id == row.id).values(**kept))


def _chain_what_there_is(connection: sa.Connection) -> None:
    """In the order of their ids; the last one says that what stands before it was not chained as it happened."""
    event = _event()
    count, last, at = connection.execute(
        sa.select(sa.func.count(), sa.func.max(event.c.id), sa.func.max(event.c.at)).select_from(event)
    ).one()
    connection.execute(
        event.insert().values(
            id=last + 1, at=at, actor="registry", action="log.chained", subject_kind="log",
            subject_id=1, before={}, after={"events": count},
        )
    )  # fmt: skip
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text("SELECT setval(pg_get_serial_sequence('event', 'id'), :last)"), {"last": last + 1}
        )
    done = 0
    while some := log.unchained(connection, after=done, limit=AT_ONCE):
        log.chain(connection, some)
        done = some[-1][0]


def _event() -> sa.Table:
    """As it is now: the class may have more one day."""
    return sa.table(
        "event",
        sa.column("id", sa.Integer),
        sa.column("at", sqlmodel.sql.sqltypes.UTCDateTime()),
        *(sa.column(name, sa.String) for name in ("actor", "action", "subject_kind")),
        sa.column("subject_id", sa.Integer),
        sa.column("before", sa.JSON),
        sa.column("after", sa.JSON),
    )


def _refuse(dialect: str) -> None:
    for name, table, act, when, told in REFUSALS:
        if dialect == "sqlite":
            condition = f" WHEN {when}" if when else ""
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {act} ON {table}{condition} BEGIN SELECT RAISE(ABORT, '{told}'); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE EXCEPTION '{told}' USING ERRCODE = 'check_violation'; END $$"
        )
        condition = f" WHEN ({when})" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW{condition} EXECUTE FUNCTION {name}()"
        )
        if act == "DELETE":
            op.execute(f"CREATE TRIGGER {name}_whole BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    for name, table, act, _, _ in REFUSALS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
            continue
        op.execute(f"DROP TRIGGER {name} ON {table}")
        if act == "DELETE":
            op.execute(f"DROP TRIGGER {name}_whole ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("log_head")
    op.drop_table("log_entry")
