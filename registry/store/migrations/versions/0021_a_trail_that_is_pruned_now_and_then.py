"""The trail of what changed is pruned at every thousandth row of PostgreSQL, not at each

What one transaction deletes stays in the index until it ends, and each pruning passed by all of it: a list of ten
thousand tools took minutes to import, growing with the square of its length.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KEPT = 5_000
EACH = 1_000


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _prune("WHERE id <= NEW.id - {KEPT}", f"FOR EACH ROW WHEN (NEW.id % {EACH} = 0)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _prune("WHERE id <= (SELECT max(id) FROM tool_change) - {KEPT}", "FOR EACH STATEMENT")


def _prune(which: str, when: str) -> None:
    # Rows that another transaction is about to prune are passed by: nobody may wait here for anybody.
    op.execute("DROP TRIGGER follow_prune ON tool_change")
    op.execute(
        "CREATE OR REPLACE FUNCTION follow_prune() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " DELETE FROM tool_change WHERE id IN (SELECT id FROM tool_change"
        f" {which.format(KEPT=KEPT)} FOR UPDATE SKIP LOCKED);"
        " RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER follow_prune AFTER INSERT ON tool_change {when} EXECUTE FUNCTION follow_prune()"
    )
