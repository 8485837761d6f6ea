"""Create placements, their append-only steps, and copies of job-orders."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE placements (
            id uuid NOT NULL,
            person_id uuid NOT NULL,
            person_id_as_given uuid NOT NULL,
            source_record_id uuid,
            scheme text,
            status text NOT NULL,
            country text,
            subdivision text,
            occupation_code text,
            placement_agency_code text,
            employer_code text,
            job_order_number text,
            reservation_id uuid,
            contract_starts_on date,
            contract_ends_on date,
            departed_on date,
            arrived_on date,
            ended_on date,
            opened_at timestamptz NOT NULL,
            version integer NOT NULL,
            CONSTRAINT pk_placements PRIMARY KEY (id),
            CONSTRAINT uq_placements_source_record_id UNIQUE (source_record_id)
        )
    """)
    op.execute("CREATE INDEX ix_placements_person_id ON placements (person_id)")
    op.execute(
        "CREATE INDEX ix_placements_departed_on_country ON placements (departed_on, country)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON placements TO registry_app")
    op.execute("""
        CREATE TABLE placement_steps (
            placement_id uuid NOT NULL,
            number integer NOT NULL,
            step text NOT NULL,
            completed_on date,
            reason text,
            subject text NOT NULL,
            organisation text NOT NULL,
            recorded_at timestamptz NOT NULL,
            CONSTRAINT pk_placement_steps PRIMARY KEY (placement_id, number),
            CONSTRAINT fk_placement_steps_placement_id
                FOREIGN KEY (placement_id) REFERENCES placements (id)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON placement_steps TO registry_app")
    op.execute("""
        CREATE TABLE slot_reservations (
            reservation_id uuid NOT NULL,
            placement_id uuid NOT NULL,
            job_order_id uuid NOT NULL,
            expires_at timestamptz NOT NULL,
            state text NOT NULL,
            CONSTRAINT pk_slot_reservations PRIMARY KEY (reservation_id),
            CONSTRAINT ck_slot_reservations_state
                CHECK (state IN ('HELD', 'BOUND', 'LAPSED', 'RELEASED', 'CONSUMED'))
        )
    """)
    op.execute("CREATE INDEX ix_slot_reservations_placement_id ON slot_reservations (placement_id)")
    op.execute("""
        CREATE INDEX ix_slot_reservations_held ON slot_reservations (expires_at)
        WHERE state = 'HELD'
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON slot_reservations TO registry_app")
    op.execute("""
        CREATE TABLE job_order_copies (
            job_order_id uuid NOT NULL,
            job_order_number text NOT NULL,
            country text NOT NULL,
            valid_to date NOT NULL,
            CONSTRAINT pk_job_order_copies PRIMARY KEY (job_order_id)
        )
    """)
    op.execute(
        "CREATE INDEX ix_job_order_copies_job_order_number ON job_order_copies (job_order_number)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON job_order_copies TO registry_app")
    op.execute("""
        CREATE TABLE employer_copies (
            employer_id uuid NOT NULL,
            employer_code text NOT NULL,
            country text NOT NULL,
            CONSTRAINT pk_employer_copies PRIMARY KEY (employer_id)
        )
    """)
    op.execute("CREATE INDEX ix_employer_copies_employer_code ON employer_copies (employer_code)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON employer_copies TO registry_app")
    op.execute("""
        CREATE TABLE placement_agency_copies (
            placement_agency_id uuid NOT NULL,
            placement_agency_code text NOT NULL,
            CONSTRAINT pk_placement_agency_copies PRIMARY KEY (placement_agency_id)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON placement_agency_copies TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE placement_agency_copies")
    op.execute("DROP TABLE employer_copies")
    op.execute("DROP TABLE job_order_copies")
    op.execute("DROP TABLE slot_reservations")
    op.execute("DROP TABLE placement_steps")
    op.execute("DROP TABLE placements")
