"""Create source records and their append-only versions."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE source_records (
            id uuid NOT NULL,
            source_system text NOT NULL,
            record_key text NOT NULL,
            latest_version integer NOT NULL,
            current_version integer NOT NULL,
            content_hash bytea NOT NULL,
            source_updated_at timestamptz NOT NULL,
            is_withdrawn boolean NOT NULL,
            received_at timestamptz NOT NULL,
            person_id uuid,
            link_due text,
            due_for uuid,
            CONSTRAINT pk_source_records PRIMARY KEY (id),
            CONSTRAINT uq_source_records_source_system_record_key
                UNIQUE (source_system, record_key),
            CONSTRAINT ck_source_records_source_system
                CHECK (source_system IN ('SISKOP2MI', 'PEDULI_WNI', 'CASES')),
            CONSTRAINT ck_source_records_link_due CHECK (link_due IN ('MATCH', 'EFFECTS')),
            CONSTRAINT ck_source_records_versions CHECK (current_version <= latest_version)
        )
    """)
    op.execute("CREATE INDEX ix_source_records_person_id ON source_records (person_id)")
    op.execute("""
        CREATE INDEX ix_source_records_link_due ON source_records (id)
        WHERE link_due IS NOT NULL
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON source_records TO registry_app")
    op.execute("""
        CREATE TABLE source_record_versions (
            source_record_id uuid NOT NULL,
            version integer NOT NULL,
            source_updated_at timestamptz NOT NULL,
            content bytea NOT NULL,
            content_hash bytea NOT NULL,
            is_withdrawn boolean NOT NULL,
            warnings jsonb NOT NULL,
            received_from text NOT NULL,
            received_at timestamptz NOT NULL,
            CONSTRAINT pk_source_record_versions PRIMARY KEY (source_record_id, version),
            CONSTRAINT fk_source_record_versions_source_record_id
                FOREIGN KEY (source_record_id) REFERENCES source_records (id)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON source_record_versions TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE source_record_versions")
    op.execute("DROP TABLE source_records")
