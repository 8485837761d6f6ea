"""Create the append-only reports of presence."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE presence_reports (
            id uuid NOT NULL,
            person_id_as_given uuid NOT NULL,
            kind text NOT NULL,
            country text NOT NULL,
            mission text NOT NULL,
            seen_on date NOT NULL,
            category text NOT NULL,
            subject text NOT NULL,
            organisation text NOT NULL,
            recorded_at timestamptz NOT NULL,
            CONSTRAINT pk_presence_reports PRIMARY KEY (id),
            CONSTRAINT ck_presence_reports_kind CHECK (kind IN ('SEEN', 'LEFT', 'DIED'))
        )
    """)
    op.execute("GRANT SELECT, INSERT ON presence_reports TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE presence_reports")
