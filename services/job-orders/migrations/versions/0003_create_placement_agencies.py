"""Create placement agencies and their append-only history."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE placement_agencies (
            id uuid NOT NULL,
            code text NOT NULL,
            name text NOT NULL,
            city text,
            sip3mi_number text NOT NULL,
            licence_valid_from date NOT NULL,
            licence_valid_to date NOT NULL,
            registered_by text NOT NULL,
            registered_at timestamptz NOT NULL,
            version integer NOT NULL,
            CONSTRAINT pk_placement_agencies PRIMARY KEY (id),
            CONSTRAINT uq_placement_agencies_code UNIQUE (code),
            CONSTRAINT uq_placement_agencies_sip3mi_number UNIQUE (sip3mi_number),
            CONSTRAINT ck_placement_agencies_licence
                CHECK (licence_valid_from < licence_valid_to)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON placement_agencies TO job_orders_app")
    op.execute("""
        CREATE TABLE placement_agency_history (
            id uuid NOT NULL,
            placement_agency_id uuid NOT NULL,
            version integer NOT NULL,
            action text NOT NULL,
            effective_on date NOT NULL,
            sip3mi_number text,
            valid_to date,
            sanction text,
            countries text[] NOT NULL,
            ground text,
            subject text NOT NULL,
            organisation text NOT NULL,
            happened_at timestamptz NOT NULL,
            CONSTRAINT pk_placement_agency_history PRIMARY KEY (id),
            CONSTRAINT fk_placement_agency_history_placement_agency_id
                FOREIGN KEY (placement_agency_id) REFERENCES placement_agencies (id),
            CONSTRAINT uq_placement_agency_history_placement_agency_id_version
                UNIQUE (placement_agency_id, version),
            CONSTRAINT ck_placement_agency_history_action
                CHECK (action IN ('LICENSE', 'SANCTION', 'RESTORE')),
            CONSTRAINT ck_placement_agency_history_licence
                CHECK ((action = 'LICENSE')
                       = (sip3mi_number IS NOT NULL AND valid_to IS NOT NULL)),
            CONSTRAINT ck_placement_agency_history_sanction
                CHECK (CASE WHEN action = 'SANCTION'
                       THEN sanction IN ('WARNING', 'PARTIAL_STOP', 'FULL_STOP', 'REVOCATION')
                            AND sanction IS NOT NULL
                       ELSE sanction IS NULL END)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON placement_agency_history TO job_orders_app")


def downgrade() -> None:
    op.execute("DROP TABLE placement_agency_history")
    op.execute("DROP TABLE placement_agencies")
