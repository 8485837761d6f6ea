"""Keep which records an officer told apart: ids of persons change with merges and splits."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE told_apart (
            id uuid NOT NULL,
            source_record_ids uuid[] NOT NULL,
            other_record_ids uuid[] NOT NULL,
            subject text NOT NULL,
            told_at timestamptz NOT NULL,
            CONSTRAINT pk_told_apart PRIMARY KEY (id)
        )
    """)
    for column in ("source_record_ids", "other_record_ids"):
        op.execute(f"CREATE INDEX ix_told_apart_{column} ON told_apart USING gin ({column})")
    op.execute("GRANT SELECT, INSERT ON told_apart TO registry_app")
    # Reviews that were answered so before: by whom their candidates are now.
    op.execute("""
        INSERT INTO told_apart (id, source_record_ids, other_record_ids, subject, told_at)
        SELECT w.id, ARRAY[w.source_record_id], array_agg(r.id), w.closed_by, w.closed_at
        FROM link_reviews w
        JOIN source_records own ON own.id = w.source_record_id
        JOIN persons p ON p.id = ANY(w.candidate_person_ids)
        JOIN source_records r ON r.person_id = coalesce(p.merged_into, p.id)
        WHERE w.state = 'DIFFERENT' AND w.repeat_of IS NULL AND r.person_id <> own.person_id
        GROUP BY w.id
    """)


def downgrade() -> None:
    op.execute("DROP TABLE told_apart")
