"""Tags on tools, and what is kept in memory follows them"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0028"
branch_labels = None
depends_on = None

ACTS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


def upgrade() -> None:
    op.create_table(
        "tool_tag",
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_tool_tag_tool_id_tool")),
        sa.PrimaryKeyConstraint("tool_id", "tag", name=op.f("pk_tool_tag")),
    )
    op.create_index(op.f("ix_tool_tag_tag"), "tool_tag", ["tag"])
    postgresql = op.get_bind().dialect.name == "postgresql"
    xid, named = ("pg_current_xact_id()::text::bigint", "false") if postgresql else ("0", "0")
    for act, rows in ACTS.items():
        name = f"follow_tool_tag_{act.lower()}"
        inserts = "".join(
            f" INSERT INTO tool_change (tool_id, named, xid) VALUES ({row}.tool_id, {named}, {xid});"
            for row in rows
        )
        if not postgresql:
            op.execute(f"CREATE TRIGGER {name} AFTER {act} ON tool_tag BEGIN{inserts} END")
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN{inserts} RETURN NULL; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} AFTER {act} ON tool_tag FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.drop_table("tool_tag")
    for act in ACTS if postgresql else ():
        op.execute(f"DROP FUNCTION follow_tool_tag_{act.lower()}()")
