"""Create employers and their append-only history."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE employers (
            id uuid NOT NULL,
            code text NOT NULL,
            type text NOT NULL,
            name text,
            householder_name bytea,
            country text NOT NULL,
            subdivision text,
            mission text NOT NULL,
            sector text NOT NULL,
            registration_number text,
            contact_name bytea,
            contact_phone bytea,
            address bytea,
            status text NOT NULL,
            accreditation_valid_to date,
            registered_by text NOT NULL,
            registered_at timestamptz NOT NULL,
            version integer NOT NULL,
            CONSTRAINT pk_employers PRIMARY KEY (id),
            CONSTRAINT uq_employers_code UNIQUE (code),
            CONSTRAINT ck_employers_type
                CHECK (type IN ('GOVERNMENT', 'PUBLIC_BODY', 'COMPANY', 'HOUSEHOLD')),
            CONSTRAINT ck_employers_status
                CHECK (status IN ('REGISTERED', 'ACCREDITED', 'LISTED')),
            CONSTRAINT ck_employers_named
                CHECK ((type = 'HOUSEHOLD') = (householder_name IS NOT NULL)
                       AND (type = 'HOUSEHOLD') = (name IS NULL))
        )
    """)
    op.execute("CREATE INDEX ix_employers_country_id ON employers (country, id)")
    op.execute("CREATE INDEX ix_employers_mission_id ON employers (mission, id)")
    op.execute("""
        CREATE UNIQUE INDEX uq_employers_country_registration_number
        ON employers (country, registration_number)
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON employers TO job_orders_app")
    op.execute("""
        CREATE TABLE employer_history (
            id uuid NOT NULL,
            employer_id uuid NOT NULL,
            version integer NOT NULL,
            action text NOT NULL,
            from_status text,
            to_status text NOT NULL,
            reason text,
            subject text NOT NULL,
            organisation text NOT NULL,
            happened_at timestamptz NOT NULL,
            CONSTRAINT pk_employer_history PRIMARY KEY (id),
            CONSTRAINT fk_employer_history_employer_id
                FOREIGN KEY (employer_id) REFERENCES employers (id),
            CONSTRAINT uq_employer_history_employer_id_version UNIQUE (employer_id, version)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON employer_history TO job_orders_app")


def downgrade() -> None:
    op.execute("DROP TABLE employer_history")
    op.execute("DROP TABLE employers")
