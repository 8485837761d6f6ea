"""Create rehearsals and adoptions of models, with the records that they change, and the model in
use.
"""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    _create_rehearsals()
    _create_adoptions()


def _create_rehearsals() -> None:
    op.execute("""
        CREATE TABLE link_model_rehearsals (
            id uuid NOT NULL,
            model text NOT NULL,
            model_in_use text NOT NULL,
            state text NOT NULL,
            failed_because text,
            records_total integer,
            records_seen integer NOT NULL,
            records_of_officers integer NOT NULL,
            walked_to uuid,
            result jsonb,
            asked_by text NOT NULL,
            organisation text NOT NULL,
            asked_at timestamptz NOT NULL,
            finished_at timestamptz,
            CONSTRAINT pk_link_model_rehearsals PRIMARY KEY (id),
            CONSTRAINT ck_link_model_rehearsals_state
                CHECK (state IN ('RUNNING', 'DONE', 'FAILED')),
            CONSTRAINT ck_link_model_rehearsals_failed_because
                CHECK (failed_because IN ('MODEL_GONE', 'MODEL_IN_USE_CHANGED'))
        )
    """)
    op.execute("""
        CREATE INDEX ix_link_model_rehearsals_running ON link_model_rehearsals (id)
        WHERE state = 'RUNNING'
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON link_model_rehearsals TO registry_app")
    op.execute("""
        CREATE TABLE rehearsed_changes (
            rehearsal_id uuid NOT NULL,
            source_record_id uuid NOT NULL,
            change text NOT NULL,
            person_id uuid NOT NULL,
            joined_person_id uuid,
            is_alone boolean NOT NULL,
            has_stakes boolean NOT NULL,
            CONSTRAINT pk_rehearsed_changes PRIMARY KEY (rehearsal_id, source_record_id),
            CONSTRAINT ck_rehearsed_changes_change CHECK (change IN
                ('WOULD_LINK', 'WOULD_PART', 'WOULD_GO_TO_REVIEW', 'WOULD_LEAVE_REVIEW',
                 'WOULD_STAY'))
        )
    """)
    op.execute("GRANT SELECT, INSERT ON rehearsed_changes TO registry_app")


def _create_adoptions() -> None:
    op.execute("""
        CREATE TABLE link_model_in_use (
            id integer NOT NULL,
            label text NOT NULL,
            CONSTRAINT pk_link_model_in_use PRIMARY KEY (id),
            CONSTRAINT ck_link_model_in_use_one CHECK (id = 1)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON link_model_in_use TO registry_app")
    op.execute("""
        CREATE TABLE link_model_adoptions (
            id uuid NOT NULL,
            rehearsal_id uuid NOT NULL,
            model text NOT NULL,
            model_before text NOT NULL,
            state text NOT NULL,
            reason text NOT NULL,
            asked_by text NOT NULL,
            organisation text NOT NULL,
            asked_at timestamptz NOT NULL,
            confirmed_by text,
            confirmed_at timestamptz,
            withdrawn_by text,
            withdrawal_reason text,
            withdrawn_at timestamptz,
            records_total integer,
            records_seen integer NOT NULL,
            walked_to uuid,
            finished_at timestamptz,
            CONSTRAINT pk_link_model_adoptions PRIMARY KEY (id),
            CONSTRAINT fk_link_model_adoptions_rehearsal_id_link_model_rehearsals
                FOREIGN KEY (rehearsal_id) REFERENCES link_model_rehearsals (id),
            CONSTRAINT ck_link_model_adoptions_state CHECK (state IN
                ('AWAITING_SECOND', 'RUNNING', 'DONE', 'WITHDRAWING', 'WITHDRAWN'))
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX uq_link_model_adoptions_pending ON link_model_adoptions ((true))
        WHERE state IN ('AWAITING_SECOND', 'RUNNING', 'WITHDRAWING')
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON link_model_adoptions TO registry_app")
    op.execute("""
        CREATE TABLE adopted_changes (
            id uuid NOT NULL,
            adoption_id uuid NOT NULL,
            source_record_id uuid NOT NULL,
            kind text NOT NULL,
            state text NOT NULL,
            merge_id uuid,
            opened_review_id uuid,
            closed_review_ids uuid[] NOT NULL,
            CONSTRAINT pk_adopted_changes PRIMARY KEY (id),
            CONSTRAINT ck_adopted_changes_kind CHECK (kind IN ('JOINED', 'ASKED', 'SETTLED')),
            CONSTRAINT ck_adopted_changes_state CHECK (state IN ('STANDS', 'TAKEN_BACK', 'LEFT'))
        )
    """)
    op.execute("CREATE INDEX ix_adopted_changes_adoption ON adopted_changes (adoption_id, id)")
    op.execute("GRANT SELECT, INSERT ON adopted_changes TO registry_app")
    op.execute("GRANT UPDATE (state) ON adopted_changes TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE adopted_changes")
    op.execute("DROP TABLE link_model_adoptions")
    op.execute("DROP TABLE link_model_in_use")
    op.execute("DROP TABLE rehearsed_changes")
    op.execute("DROP TABLE link_model_rehearsals")
