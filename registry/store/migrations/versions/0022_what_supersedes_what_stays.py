"""That one verdict supersedes another is never changed or taken away"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TOLD = "what was decided is never changed"
REFUSALS = (("supersession_stays", "UPDATE"), ("supersession_is_kept", "DELETE"))


def upgrade() -> None:
    for name, act in REFUSALS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {act} ON supersession BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE EXCEPTION '{TOLD}' USING ERRCODE = 'check_violation'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {act} ON supersession FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    for name, _ in REFUSALS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON supersession")
            op.execute(f"DROP FUNCTION {name}()")
