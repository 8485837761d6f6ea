"""Create the copies of cases, and let a record that cannot be linked be held."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE case_copies (
            case_id uuid NOT NULL,
            is_open boolean NOT NULL,
            CONSTRAINT pk_case_copies PRIMARY KEY (case_id)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON case_copies TO registry_app")
    op.execute("""
        CREATE TABLE case_participants (
            participant_id uuid NOT NULL,
            case_id uuid NOT NULL,
            person_id_as_given uuid,
            source_record_id uuid,
            CONSTRAINT pk_case_participants PRIMARY KEY (participant_id)
        )
    """)
    op.execute("CREATE INDEX ix_case_participants_case_id ON case_participants (case_id)")
    op.execute("""
        CREATE INDEX ix_case_participants_person_id_as_given
        ON case_participants (person_id_as_given)
    """)
    op.execute("""
        CREATE INDEX ix_case_participants_source_record_id
        ON case_participants (source_record_id)
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON case_participants TO registry_app")
    op.execute("ALTER TABLE source_records DROP CONSTRAINT ck_source_records_link_due")
    op.execute("""
        ALTER TABLE source_records ADD CONSTRAINT ck_source_records_link_due
            CHECK (link_due IN ('MATCH', 'EFFECTS', 'HELD'))
    """)


def downgrade() -> None:
    op.execute("UPDATE source_records SET link_due = 'MATCH' WHERE link_due = 'HELD'")
    op.execute("ALTER TABLE source_records DROP CONSTRAINT ck_source_records_link_due")
    op.execute("""
        ALTER TABLE source_records ADD CONSTRAINT ck_source_records_link_due
            CHECK (link_due IN ('MATCH', 'EFFECTS'))
    """)
    op.execute("DROP TABLE case_participants")
    op.execute("DROP TABLE case_copies")
