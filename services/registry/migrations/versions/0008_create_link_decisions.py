"""Create link decisions, reviews, merges and identifications."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE link_decisions (
            id uuid NOT NULL,
            source_record_id uuid NOT NULL,
            person_id uuid NOT NULL,
            action text NOT NULL,
            outcome text NOT NULL,
            score double precision,
            reasons text[] NOT NULL,
            comparisons jsonb NOT NULL,
            model text NOT NULL,
            decided_by text NOT NULL,
            decided_at timestamptz NOT NULL,
            CONSTRAINT pk_link_decisions PRIMARY KEY (id),
            CONSTRAINT ck_link_decisions_action
                CHECK (action IN ('LINKED', 'REGISTERED', 'KEPT', 'MOVED', 'UNLINKED')),
            CONSTRAINT ck_link_decisions_outcome
                CHECK (outcome IN ('AUTO_LINK', 'REVIEW', 'NO_LINK'))
        )
    """)
    op.execute(
        "CREATE INDEX ix_link_decisions_source_record_id ON link_decisions (source_record_id)"
    )
    op.execute("GRANT SELECT, INSERT ON link_decisions TO registry_app")
    op.execute("""
        CREATE TABLE link_reviews (
            id uuid NOT NULL,
            source_record_id uuid NOT NULL,
            candidate_person_ids uuid[] NOT NULL,
            reasons text[] NOT NULL,
            owner text NOT NULL,
            state text NOT NULL,
            opened_at timestamptz NOT NULL,
            closed_at timestamptz,
            closed_by text,
            CONSTRAINT pk_link_reviews PRIMARY KEY (id),
            CONSTRAINT ck_link_reviews_owner CHECK (owner IN ('KP2MI', 'KEMLU')),
            CONSTRAINT ck_link_reviews_state
                CHECK (state IN ('OPEN', 'SAME', 'DIFFERENT', 'SUPERSEDED'))
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX uq_link_reviews_open ON link_reviews (source_record_id)
        WHERE state = 'OPEN'
    """)
    op.execute("CREATE INDEX ix_link_reviews_owner_state_id ON link_reviews (owner, state, id)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON link_reviews TO registry_app")
    op.execute("""
        CREATE TABLE person_merges (
            id uuid NOT NULL,
            person_id uuid NOT NULL,
            merged_person_id uuid NOT NULL,
            reason text NOT NULL,
            moved jsonb NOT NULL,
            subject text NOT NULL,
            organisation text NOT NULL,
            merged_at timestamptz NOT NULL,
            split_at timestamptz,
            CONSTRAINT pk_person_merges PRIMARY KEY (id)
        )
    """)
    op.execute("CREATE INDEX ix_person_merges_person_id ON person_merges (person_id)")
    op.execute("GRANT SELECT, INSERT ON person_merges TO registry_app")
    op.execute("GRANT UPDATE (split_at) ON person_merges TO registry_app")
    op.execute("""
        CREATE TABLE identifications (
            source_record_id uuid NOT NULL,
            case_id uuid NOT NULL,
            participant_id uuid NOT NULL,
            person_id uuid,
            outcome text,
            CONSTRAINT pk_identifications PRIMARY KEY (source_record_id),
            CONSTRAINT ck_identifications_outcome
                CHECK (outcome IN ('RESOLVED', 'PROVISIONAL', 'REVIEW'))
        )
    """)
    op.execute("CREATE INDEX ix_identifications_person_id ON identifications (person_id)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON identifications TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE identifications")
    op.execute("DROP TABLE person_merges")
    op.execute("DROP TABLE link_reviews")
    op.execute("DROP TABLE link_decisions")
