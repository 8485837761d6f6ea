"""Let employers and agencies say whose they are, and create reviews of those that may be one.

`matched_version` is the version that was last compared with the others: a row where it is another
waits, so all that are there when this is applied wait once.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for table in ("employers", "placement_agencies"):
        op.execute(f"""
            ALTER TABLE {table}
                ADD COLUMN other_names text[] NOT NULL DEFAULT '{{}}',
                ADD COLUMN owner_name bytea,
                ADD COLUMN bank_account_hash bytea,
                ADD COLUMN linked_to uuid[] NOT NULL DEFAULT '{{}}',
                ADD COLUMN matched_version integer
        """)
        op.execute(f"""
            CREATE INDEX ix_{table}_unmatched ON {table} (id)
            WHERE matched_version IS DISTINCT FROM version
        """)
    op.execute("ALTER TABLE placement_agencies ADD COLUMN phone bytea, ADD COLUMN address bytea")
    _let_agencies_do("'LICENSE', 'SANCTION', 'RESTORE', 'AMEND', 'LINK', 'UNLINK'")
    op.execute("""
        CREATE TABLE organisation_keys (
            key_hash bytea NOT NULL,
            organisation_id uuid NOT NULL,
            kind text NOT NULL,
            beside bytea,
            CONSTRAINT pk_organisation_keys PRIMARY KEY (key_hash, organisation_id)
        )
    """)
    op.execute(
        "CREATE INDEX ix_organisation_keys_organisation_id ON organisation_keys (organisation_id)"
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON organisation_keys TO job_orders_app")
    op.execute("""
        CREATE TABLE organisation_reviews (
            id uuid NOT NULL,
            kind text NOT NULL,
            older_id uuid NOT NULL,
            newer_id uuid NOT NULL,
            lower_id uuid NOT NULL,
            higher_id uuid NOT NULL,
            mission text,
            state text NOT NULL,
            urgency text NOT NULL,
            urgency_rank integer NOT NULL,
            score double precision NOT NULL,
            lines jsonb NOT NULL,
            reasons text[] NOT NULL,
            model text NOT NULL,
            opened_at timestamptz NOT NULL,
            found_at timestamptz NOT NULL,
            decided_by text,
            decided_at timestamptz,
            version integer NOT NULL,
            CONSTRAINT pk_organisation_reviews PRIMARY KEY (id),
            CONSTRAINT uq_organisation_reviews_lower_id_higher_id UNIQUE (lower_id, higher_id),
            CONSTRAINT ck_organisation_reviews_pair
                CHECK (lower_id < higher_id AND lower_id = least(older_id, newer_id)
                       AND higher_id = greatest(older_id, newer_id)),
            CONSTRAINT ck_organisation_reviews_kind
                CHECK (kind IN ('EMPLOYER', 'PLACEMENT_AGENCY')),
            CONSTRAINT ck_organisation_reviews_state
                CHECK (state IN ('OPEN', 'UNSURE', 'SAME', 'DIFFERENT', 'SUPERSEDED')),
            CONSTRAINT ck_organisation_reviews_decided
                CHECK (state NOT IN ('SAME', 'DIFFERENT')
                       OR (decided_by IS NOT NULL AND decided_at IS NOT NULL))
        )
    """)
    op.execute("CREATE INDEX ix_organisation_reviews_older_id ON organisation_reviews (older_id)")
    op.execute("CREATE INDEX ix_organisation_reviews_newer_id ON organisation_reviews (newer_id)")
    op.execute("""
        CREATE INDEX ix_organisation_reviews_pending ON organisation_reviews (urgency_rank DESC, id)
        WHERE state IN ('OPEN', 'UNSURE')
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON organisation_reviews TO job_orders_app")
    op.execute("""
        CREATE TABLE organisation_review_history (
            id uuid NOT NULL,
            review_id uuid NOT NULL,
            version integer NOT NULL,
            action text NOT NULL,
            from_state text,
            to_state text NOT NULL,
            decision text,
            reason text,
            score double precision NOT NULL,
            lines jsonb NOT NULL,
            subject text NOT NULL,
            organisation text NOT NULL,
            happened_at timestamptz NOT NULL,
            CONSTRAINT pk_organisation_review_history PRIMARY KEY (id),
            CONSTRAINT fk_organisation_review_history_review_id
                FOREIGN KEY (review_id) REFERENCES organisation_reviews (id),
            CONSTRAINT uq_organisation_review_history_review_id_version UNIQUE (review_id, version)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON organisation_review_history TO job_orders_app")


def downgrade() -> None:
    op.execute("DROP TABLE organisation_review_history")
    op.execute("DROP TABLE organisation_reviews")
    op.execute("DROP TABLE organisation_keys")
    # History that is there stays, also where it holds an action that is no longer known.
    _let_agencies_do("'LICENSE', 'SANCTION', 'RESTORE'", checked="NOT VALID")
    op.execute("ALTER TABLE placement_agencies DROP COLUMN phone, DROP COLUMN address")
    for table in ("employers", "placement_agencies"):
        op.execute(f"""
            ALTER TABLE {table}
                DROP COLUMN other_names,
                DROP COLUMN owner_name,
                DROP COLUMN bank_account_hash,
                DROP COLUMN linked_to,
                DROP COLUMN matched_version
        """)


def _let_agencies_do(actions: str, *, checked: str = "") -> None:
    name = "ck_placement_agency_history_action"
    op.execute(f"ALTER TABLE placement_agency_history DROP CONSTRAINT {name}")
    op.execute(f"""
        ALTER TABLE placement_agency_history
        ADD CONSTRAINT {name} CHECK (action IN ({actions})) {checked}
    """)
