"""Weigh reviews by what hangs on them, keep each officer's opinion, and repeat some blind."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE link_reviews
            ADD COLUMN urgency integer NOT NULL DEFAULT 0,
            ADD COLUMN repeat_of uuid
    """)
    op.execute("ALTER TABLE link_reviews ALTER COLUMN urgency DROP DEFAULT")
    op.execute("ALTER TABLE link_reviews DROP CONSTRAINT ck_link_reviews_state")
    op.execute("""
        ALTER TABLE link_reviews ADD CONSTRAINT ck_link_reviews_state
        CHECK (state IN ('OPEN', 'AWAITING_SECOND', 'SAME', 'DIFFERENT', 'SUPERSEDED'))
    """)
    op.execute("DROP INDEX uq_link_reviews_open")
    op.execute("""
        CREATE UNIQUE INDEX uq_link_reviews_pending ON link_reviews (source_record_id)
        WHERE state IN ('OPEN', 'AWAITING_SECOND') AND repeat_of IS NULL
    """)
    op.execute("""
        CREATE INDEX ix_link_reviews_pending_candidates
        ON link_reviews USING gin (candidate_person_ids)
        WHERE state IN ('OPEN', 'AWAITING_SECOND')
    """)
    op.execute("""
        CREATE INDEX ix_link_reviews_queue ON link_reviews (owner, urgency DESC, id)
        WHERE state IN ('OPEN', 'AWAITING_SECOND')
    """)
    op.execute("""
        CREATE TABLE review_opinions (
            id uuid NOT NULL,
            review_id uuid NOT NULL,
            subject text NOT NULL,
            organisation text NOT NULL,
            person_id uuid,
            given_at timestamptz NOT NULL,
            CONSTRAINT pk_review_opinions PRIMARY KEY (id),
            CONSTRAINT uq_review_opinions_review_id_subject UNIQUE (review_id, subject),
            CONSTRAINT fk_review_opinions_review_id_link_reviews
                FOREIGN KEY (review_id) REFERENCES link_reviews (id)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON review_opinions TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE review_opinions")
    op.execute("DROP INDEX ix_link_reviews_queue")
    op.execute("DROP INDEX ix_link_reviews_pending_candidates")
    op.execute("DROP INDEX uq_link_reviews_pending")
    op.execute("DELETE FROM link_reviews WHERE repeat_of IS NOT NULL")
    op.execute("UPDATE link_reviews SET state = 'OPEN' WHERE state = 'AWAITING_SECOND'")
    op.execute("""
        CREATE UNIQUE INDEX uq_link_reviews_open ON link_reviews (source_record_id)
        WHERE state = 'OPEN'
    """)
    op.execute("ALTER TABLE link_reviews DROP CONSTRAINT ck_link_reviews_state")
    op.execute("""
        ALTER TABLE link_reviews ADD CONSTRAINT ck_link_reviews_state
        CHECK (state IN ('OPEN', 'SAME', 'DIFFERENT', 'SUPERSEDED'))
    """)
    op.execute("ALTER TABLE link_reviews DROP COLUMN urgency, DROP COLUMN repeat_of")
