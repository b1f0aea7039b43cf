"""Which rubric and decision table are in force, and offices' outcomes of their own"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Moment = sqlmodel.sql.sqltypes.UTCDateTime
Text = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "rubric_in_force",
        sa.Column("kind", Text(length=20), nullable=False),
        sa.Column("content_hash", Text(length=64), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_hash"],
            ["rubric_file.content_hash"],
            name=op.f("fk_rubric_in_force_content_hash_rubric_file"),
        ),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_rubric_in_force")),
    )
    op.create_table(
        "office_column",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("office_id", sa.Integer(), nullable=False),
        sa.Column("table_hash", Text(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_office_column_office_id_office")),
        sa.ForeignKeyConstraint(
            ["table_hash"],
            ["rubric_file.content_hash"],
            name=op.f("fk_office_column_table_hash_rubric_file"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_column")),
        sa.UniqueConstraint(
            "office_id", "table_hash", "number", name=op.f("uq_office_column_office_id_table_hash_number")
        ),
    )
    op.add_column("office", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("evaluation", sa.Column("office_columns", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("rubric_file", sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
    _number_the_files()
    op.create_index(op.f("ix_rubric_file_number"), "rubric_file", ["number"], unique=True)


def _number_the_files() -> None:
    """In the order in which they were stored; of each kind that one is in force with which evaluations were opened."""
    connection = op.get_bind()
    file = sa.table(
        "rubric_file",
        *(sa.column(name) for name in ("content_hash", "number", "kind", "version")),
        sa.column("loaded_at", Moment()),
    )
    in_force = sa.table(
        "rubric_in_force",
        *(sa.column(name) for name in ("kind", "content_hash", "version")),
        sa.column("since", Moment()),
    )
    ordered = sa.select(file).order_by(file.c.loaded_at, file.c.kind.desc(), file.c.version)
    rows = connection.execute(ordered).all()
    for number, row in enumerate(rows, start=1):
        connection.execute(file.update().where(file.c.content_hash == row.content_hash).values(number=number))
    newest = {row.kind: row for row in sorted(rows, key=lambda row: (row.version, row.loaded_at))}
    for kind, row in newest.items():
        connection.execute(
            in_force.insert().values(kind=kind, content_hash=row.content_hash, since=row.loaded_at, version=1)
        )


def downgrade() -> None:
    op.drop_index(op.f("ix_rubric_file_number"), "rubric_file")
    op.drop_column("rubric_file", "number")
    op.drop_column("evaluation", "office_columns")
    op.drop_column("office", "version")
    op.drop_table("office_column")
    op.drop_table("rubric_in_force")
