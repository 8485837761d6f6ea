"""Create the copies of persons, placements, employers, agencies and job orders."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE person_copies (
            person_id uuid NOT NULL,
            survivor_id uuid,
            told_at timestamptz,
            CONSTRAINT pk_person_copies PRIMARY KEY (person_id),
            CONSTRAINT ck_person_copies_survivor CHECK (survivor_id <> person_id)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON person_copies TO cases_app")
    op.execute("""
        CREATE TABLE placement_copies (
            placement_id uuid NOT NULL,
            person_id uuid NOT NULL,
            person_id_as_given uuid NOT NULL,
            person_told_at timestamptz NOT NULL,
            status text,
            scheme text,
            country text,
            occupation_code text,
            placement_agency_code text,
            employer_code text,
            job_order_number text,
            opened_at timestamptz,
            departed_on date,
            arrived_on date,
            ended_on date,
            is_withdrawn boolean NOT NULL,
            CONSTRAINT pk_placement_copies PRIMARY KEY (placement_id)
        )
    """)
    op.execute("CREATE INDEX ix_placement_copies_person_id ON placement_copies (person_id)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON placement_copies TO cases_app")
    op.execute("""
        CREATE TABLE employer_copies (
            employer_id uuid NOT NULL,
            employer_code text NOT NULL,
            country text NOT NULL,
            mission text NOT NULL,
            CONSTRAINT pk_employer_copies PRIMARY KEY (employer_id)
        )
    """)
    op.execute("CREATE INDEX ix_employer_copies_employer_code ON employer_copies (employer_code)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON employer_copies TO cases_app")
    op.execute("""
        CREATE TABLE placement_agency_copies (
            placement_agency_id uuid NOT NULL,
            placement_agency_code text NOT NULL,
            CONSTRAINT pk_placement_agency_copies PRIMARY KEY (placement_agency_id)
        )
    """)
    op.execute("""
        CREATE INDEX ix_placement_agency_copies_placement_agency_code
        ON placement_agency_copies (placement_agency_code)
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON placement_agency_copies TO cases_app")
    op.execute("""
        CREATE TABLE job_order_copies (
            job_order_id uuid NOT NULL,
            job_order_number text NOT NULL,
            employer_id uuid NOT NULL,
            placement_agency_id uuid NOT NULL,
            CONSTRAINT pk_job_order_copies PRIMARY KEY (job_order_id)
        )
    """)
    op.execute(
        "CREATE INDEX ix_job_order_copies_job_order_number ON job_order_copies (job_order_number)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON job_order_copies TO cases_app")


def downgrade() -> None:
    for table in ("job_order", "placement_agency", "employer", "placement", "person"):
        op.execute(f"DROP TABLE {table}_copies")
