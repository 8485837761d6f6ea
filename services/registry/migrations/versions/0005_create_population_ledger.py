"""Create evidence, timelines, and the population ledger."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE person_evidence (
            origin_id uuid NOT NULL,
            person_id uuid NOT NULL,
            is_from_case boolean NOT NULL,
            facts jsonb NOT NULL,
            CONSTRAINT pk_person_evidence PRIMARY KEY (origin_id)
        )
    """)
    op.execute("CREATE INDEX ix_person_evidence_person_id ON person_evidence (person_id)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON person_evidence TO registry_app")
    op.execute("""
        CREATE TABLE person_timelines (
            person_id uuid NOT NULL,
            stays jsonb NOT NULL,
            country text,
            district text,
            category text,
            source_cell text,
            since_on date,
            next_change_on date,
            CONSTRAINT pk_person_timelines PRIMARY KEY (person_id),
            CONSTRAINT ck_person_timelines_source_cell
                CHECK (source_cell IN ('KP2MI_ONLY', 'KEMLU_ONLY', 'BOTH'))
        )
    """)
    op.execute("""
        CREATE INDEX ix_person_timelines_next_change_on ON person_timelines (next_change_on)
        WHERE next_change_on IS NOT NULL
    """)
    op.execute(
        "CREATE INDEX ix_person_timelines_country_district ON person_timelines (country, district)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON person_timelines TO registry_app")
    op.execute("""
        CREATE TABLE ledger_postings (
            id bigint GENERATED ALWAYS AS IDENTITY,
            person_id uuid NOT NULL,
            valid_on date NOT NULL,
            country text NOT NULL,
            district text NOT NULL,
            category text NOT NULL,
            source_cell text NOT NULL,
            delta smallint NOT NULL,
            movement text NOT NULL,
            cause text NOT NULL,
            known_at timestamptz,
            CONSTRAINT pk_ledger_postings PRIMARY KEY (id),
            CONSTRAINT ck_ledger_postings_source_cell
                CHECK (source_cell IN ('KP2MI_ONLY', 'KEMLU_ONLY', 'BOTH')),
            CONSTRAINT ck_ledger_postings_delta CHECK (delta <> 0)
        )
    """)
    op.execute(
        "CREATE INDEX ix_ledger_postings_unknown ON ledger_postings (id) WHERE known_at IS NULL"
    )
    op.execute("CREATE INDEX ix_ledger_postings_person_id ON ledger_postings (person_id)")
    op.execute(
        "CREATE INDEX ix_ledger_postings_valid_on_country ON ledger_postings (valid_on, country)"
    )
    op.execute("CREATE INDEX ix_ledger_postings_known_at ON ledger_postings USING brin (known_at)")
    op.execute("GRANT SELECT, INSERT ON ledger_postings TO registry_app")
    op.execute("GRANT UPDATE (known_at) ON ledger_postings TO registry_app")
    op.execute("""
        CREATE TABLE population_sums (
            valid_month date NOT NULL,
            known_month date NOT NULL,
            country text NOT NULL,
            district text NOT NULL,
            category text NOT NULL,
            source_cell text NOT NULL,
            delta bigint NOT NULL,
            CONSTRAINT pk_population_sums PRIMARY KEY
                (valid_month, known_month, country, district, category, source_cell)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON population_sums TO registry_app")
    op.execute("""
        CREATE TABLE population_cut (
            id smallint NOT NULL,
            known_at timestamptz NOT NULL,
            CONSTRAINT pk_population_cut PRIMARY KEY (id),
            CONSTRAINT ck_population_cut_id CHECK (id = 1)
        )
    """)
    op.execute("INSERT INTO population_cut (id, known_at) VALUES (1, clock_timestamp())")
    op.execute("GRANT SELECT, UPDATE ON population_cut TO registry_app")


def downgrade() -> None:
    op.execute("DROP TABLE population_cut")
    op.execute("DROP TABLE population_sums")
    op.execute("DROP TABLE ledger_postings")
    op.execute("DROP TABLE person_timelines")
    op.execute("DROP TABLE person_evidence")
