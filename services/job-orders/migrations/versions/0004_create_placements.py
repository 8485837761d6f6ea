"""Create the copies of placements and the redirects of merged persons."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE placements (
            id uuid NOT NULL,
            person_id uuid NOT NULL,
            placement_agency_code text,
            country text,
            job_order_number text,
            phase text NOT NULL,
            opened_at timestamptz,
            CONSTRAINT pk_placements PRIMARY KEY (id),
            CONSTRAINT ck_placements_phase
                CHECK (phase IN ('NAMED', 'OPEN', 'DEPARTED', 'ENDED', 'WITHDRAWN'))
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON placements TO job_orders_app")
    op.execute("""
        CREATE TABLE person_redirects (
            merged_person_id uuid NOT NULL,
            person_id uuid NOT NULL,
            merged_at timestamptz NOT NULL,
            CONSTRAINT pk_person_redirects PRIMARY KEY (merged_person_id),
            CONSTRAINT ck_person_redirects_leads_on CHECK (merged_person_id <> person_id)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON person_redirects TO job_orders_app")


def downgrade() -> None:
    op.execute("DROP TABLE person_redirects")
    op.execute("DROP TABLE placements")
