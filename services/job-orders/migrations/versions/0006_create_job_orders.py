"""Create job orders, their lines, and their append-only history."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE job_orders (
            id uuid NOT NULL,
            job_order_number text,
            sip2mi_number text,
            employer_id uuid NOT NULL,
            employer_code text NOT NULL,
            placement_agency_id uuid NOT NULL,
            placement_agency_code text NOT NULL,
            partner_agency_code text,
            country text NOT NULL,
            mission text NOT NULL,
            demand_letter_number text,
            host_permit_number text,
            host_permit_positions integer,
            host_permit_valid_to date,
            host_permit_id uuid,
            status text NOT NULL,
            positions_requested integer NOT NULL,
            positions_endorsed integer,
            terms_digest text NOT NULL,
            valid_to date,
            created_at timestamptz NOT NULL,
            submitted_by text,
            submitted_at timestamptz,
            endorsed_by text,
            endorsed_at timestamptz,
            issued_by text,
            issued_at timestamptz,
            version integer NOT NULL,
            CONSTRAINT pk_job_orders PRIMARY KEY (id),
            CONSTRAINT uq_job_orders_job_order_number UNIQUE (job_order_number),
            CONSTRAINT fk_job_orders_employer_id
                FOREIGN KEY (employer_id) REFERENCES employers (id),
            CONSTRAINT fk_job_orders_placement_agency_id
                FOREIGN KEY (placement_agency_id) REFERENCES placement_agencies (id),
            CONSTRAINT fk_job_orders_host_permit_id
                FOREIGN KEY (host_permit_id) REFERENCES host_permits (id),
            CONSTRAINT ck_job_orders_status
                CHECK (status IN ('DRAFT', 'SUBMITTED', 'RETURNED', 'REJECTED', 'ENDORSED',
                                  'ISSUED', 'CANCELLED', 'EXPIRED')),
            CONSTRAINT ck_job_orders_within_request
                CHECK (positions_endorsed IS NULL OR positions_endorsed <= positions_requested),
            CONSTRAINT ck_job_orders_within_host_permit
                CHECK (host_permit_positions IS NULL
                       OR positions_requested <= host_permit_positions),
            CONSTRAINT ck_job_orders_host_permit_whole
                CHECK ((host_permit_number IS NULL) = (host_permit_positions IS NULL)
                       AND (host_permit_number IS NULL) = (host_permit_valid_to IS NULL)),
            CONSTRAINT ck_job_orders_issued_whole
                CHECK (status <> 'ISSUED'
                       OR (job_order_number IS NOT NULL AND sip2mi_number IS NOT NULL
                           AND positions_endorsed > 0 AND valid_to IS NOT NULL)),
            CONSTRAINT ck_job_orders_four_eyes CHECK (endorsed_by <> issued_by)
        )
    """)
    op.execute("CREATE INDEX ix_job_orders_mission_status_id ON job_orders (mission, status, id)")
    op.execute("CREATE INDEX ix_job_orders_mission_id ON job_orders (mission, id)")
    op.execute("""
        CREATE INDEX ix_job_orders_placement_agency_code_id
        ON job_orders (placement_agency_code, id)
    """)
    op.execute("""
        CREATE INDEX ix_job_orders_placement_agency_id_id ON job_orders (placement_agency_id, id)
    """)
    op.execute("CREATE INDEX ix_job_orders_employer_id_id ON job_orders (employer_id, id)")
    op.execute("CREATE INDEX ix_job_orders_country_id ON job_orders (country, id)")
    op.execute("CREATE INDEX ix_job_orders_status_id ON job_orders (status, id)")
    op.execute("""
        CREATE INDEX ix_job_orders_valid_to_standing ON job_orders (valid_to)
        WHERE status IN ('ENDORSED', 'ISSUED')
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON job_orders TO job_orders_app")
    op.execute("""
        CREATE TABLE job_order_lines (
            id uuid NOT NULL,
            job_order_id uuid NOT NULL,
            line_number integer NOT NULL,
            occupation_code text NOT NULL,
            sector text NOT NULL,
            subdivision text,
            positions_requested integer NOT NULL,
            positions_endorsed integer,
            wage_minor bigint NOT NULL,
            wage_currency text NOT NULL,
            wage_period text NOT NULL,
            contract_months integer NOT NULL,
            minimum_age integer NOT NULL,
            hours_per_week integer,
            is_housing_provided boolean,
            is_food_provided boolean,
            CONSTRAINT pk_job_order_lines PRIMARY KEY (id),
            CONSTRAINT fk_job_order_lines_job_order_id
                FOREIGN KEY (job_order_id) REFERENCES job_orders (id),
            CONSTRAINT uq_job_order_lines_job_order_id_line_number
                UNIQUE (job_order_id, line_number),
            CONSTRAINT ck_job_order_lines_wage CHECK (wage_minor > 0),
            CONSTRAINT ck_job_order_lines_wage_period
                CHECK (wage_period IN ('HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR', 'PIECE')),
            CONSTRAINT ck_job_order_lines_minimum_age CHECK (minimum_age >= 18),
            CONSTRAINT ck_job_order_lines_within_request
                CHECK (positions_requested > 0 AND (positions_endorsed IS NULL
                       OR positions_endorsed BETWEEN 0 AND positions_requested))
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON job_order_lines TO job_orders_app")
    op.execute("""
        CREATE TABLE job_order_history (
            id uuid NOT NULL,
            job_order_id uuid NOT NULL,
            version integer NOT NULL,
            action text NOT NULL,
            from_status text,
            to_status text NOT NULL,
            reasons text[] NOT NULL,
            terms_digest text NOT NULL,
            terms jsonb,
            subject text NOT NULL,
            organisation text NOT NULL,
            happened_at timestamptz NOT NULL,
            CONSTRAINT pk_job_order_history PRIMARY KEY (id),
            CONSTRAINT fk_job_order_history_job_order_id
                FOREIGN KEY (job_order_id) REFERENCES job_orders (id),
            CONSTRAINT uq_job_order_history_job_order_id_version UNIQUE (job_order_id, version)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON job_order_history TO job_orders_app")


def downgrade() -> None:
    op.execute("DROP TABLE job_order_history")
    op.execute("DROP TABLE job_order_lines")
    op.execute("DROP TABLE job_orders")
