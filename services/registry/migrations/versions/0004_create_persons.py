"""Create persons and their identifiers."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE persons (
            id uuid NOT NULL,
            is_provisional boolean NOT NULL,
            registered_at timestamptz NOT NULL,
            version integer NOT NULL,
            merged_into uuid,
            CONSTRAINT pk_persons PRIMARY KEY (id),
            CONSTRAINT ck_persons_merged_into CHECK (merged_into <> id)
        )
    """)
    op.execute("""
        CREATE INDEX ix_persons_merged_into ON persons (merged_into)
        WHERE merged_into IS NOT NULL
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON persons TO registry_app")
    op.execute("""
        CREATE TABLE identifiers (
            source_record_id uuid NOT NULL,
            kind text NOT NULL,
            value_index bytea NOT NULL,
            value bytea NOT NULL,
            issuer text,
            valid_from date,
            valid_to date,
            first_version integer NOT NULL,
            last_version integer,
            CONSTRAINT pk_identifiers PRIMARY KEY (source_record_id, kind, value_index),
            CONSTRAINT ck_identifiers_kind CHECK (kind IN
                ('NIK', 'PASSPORT', 'SPLP', 'SISKO_P2MI_ID', 'E_PMI_NUMBER'))
        )
    """)
    op.execute("CREATE INDEX ix_identifiers_value_index ON identifiers (value_index)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON identifiers TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE identifiers")
    op.execute("DROP TABLE persons")
