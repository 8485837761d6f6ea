"""Create batch operations with their raw lines and problems."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE operations (
            id uuid NOT NULL,
            kind text NOT NULL,
            source_system text NOT NULL,
            format text NOT NULL,
            header text,
            state text NOT NULL,
            organisation text NOT NULL,
            lines_received integer NOT NULL,
            lines_stored integer NOT NULL,
            lines_unchanged integer NOT NULL,
            lines_refused integer NOT NULL,
            next_line integer NOT NULL,
            created_at timestamptz NOT NULL,
            touched_at timestamptz NOT NULL,
            finished_at timestamptz,
            CONSTRAINT pk_operations PRIMARY KEY (id),
            CONSTRAINT ck_operations_format CHECK (format IN ('NDJSON', 'CSV')),
            CONSTRAINT ck_operations_state
                CHECK (state IN ('RECEIVING', 'RECEIVED', 'RUNNING', 'DONE', 'FAILED'))
        )
    """)
    op.execute("""
        CREATE INDEX ix_operations_open ON operations (id)
        WHERE state IN ('RECEIVING', 'RECEIVED', 'RUNNING')
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON operations TO registry_app")
    op.execute("""
        CREATE TABLE operation_links (
            operation_id uuid NOT NULL,
            lines integer NOT NULL,
            CONSTRAINT pk_operation_links PRIMARY KEY (operation_id)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON operation_links TO registry_app")
    op.execute("""
        CREATE TABLE operation_pieces (
            operation_id uuid NOT NULL,
            number integer NOT NULL,
            first_line integer NOT NULL,
            lines bytea NOT NULL,
            CONSTRAINT pk_operation_pieces PRIMARY KEY (operation_id, number)
        )
    """)
    op.execute("ALTER TABLE operation_pieces ALTER COLUMN lines SET STORAGE EXTERNAL")
    op.execute("GRANT SELECT, INSERT, DELETE ON operation_pieces TO registry_app")
    op.execute("""
        CREATE TABLE operation_problems (
            operation_id uuid NOT NULL,
            line integer NOT NULL,
            number integer NOT NULL,
            code text NOT NULL,
            field text,
            title text NOT NULL,
            CONSTRAINT pk_operation_problems PRIMARY KEY (operation_id, line, number)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON operation_problems TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE operation_problems")
    op.execute("DROP TABLE operation_pieces")
    op.execute("DROP TABLE operation_links")
    op.execute("DROP TABLE operations")
