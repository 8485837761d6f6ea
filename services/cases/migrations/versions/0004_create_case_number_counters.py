"""Create the counters behind case numbers."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE case_number_counters (
            mission text NOT NULL,
            year integer NOT NULL,
            last_number integer NOT NULL,
            CONSTRAINT pk_case_number_counters PRIMARY KEY (mission, year)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON case_number_counters TO cases_app")


def downgrade() -> None:
    op.execute("DROP TABLE case_number_counters")
