"""Create host permits, slot accounts, reservations, and the append-only ledger of seats."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE host_permits (
            id uuid NOT NULL,
            country text NOT NULL,
            permit_number text NOT NULL,
            employer_id uuid NOT NULL,
            positions_approved integer NOT NULL,
            positions_committed integer NOT NULL,
            valid_to date NOT NULL,
            CONSTRAINT pk_host_permits PRIMARY KEY (id),
            CONSTRAINT uq_host_permits_country_permit_number UNIQUE (country, permit_number),
            CONSTRAINT fk_host_permits_employer_id
                FOREIGN KEY (employer_id) REFERENCES employers (id),
            CONSTRAINT ck_host_permits_never_overdrawn
                CHECK (positions_committed >= 0 AND positions_committed <= positions_approved)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON host_permits TO job_orders_app")
    op.execute("""
        CREATE TABLE slot_accounts (
            line_id uuid NOT NULL,
            job_order_id uuid NOT NULL,
            employer_id uuid NOT NULL,
            placement_agency_id uuid NOT NULL,
            placement_agency_code text NOT NULL,
            mission text NOT NULL,
            country text NOT NULL,
            occupation_code text NOT NULL,
            host_permit_id uuid,
            endorsed integer NOT NULL,
            reserved integer NOT NULL,
            filled integer NOT NULL,
            returned integer NOT NULL,
            is_open boolean NOT NULL,
            valid_to date NOT NULL,
            opened_at timestamptz NOT NULL,
            CONSTRAINT pk_slot_accounts PRIMARY KEY (line_id),
            CONSTRAINT fk_slot_accounts_employer_id
                FOREIGN KEY (employer_id) REFERENCES employers (id),
            CONSTRAINT fk_slot_accounts_placement_agency_id
                FOREIGN KEY (placement_agency_id) REFERENCES placement_agencies (id),
            CONSTRAINT fk_slot_accounts_host_permit_id
                FOREIGN KEY (host_permit_id) REFERENCES host_permits (id),
            CONSTRAINT ck_slot_accounts_never_overdrawn
                CHECK (reserved >= 0 AND filled >= 0 AND returned >= 0
                       AND filled + reserved + returned <= endorsed)
        ) WITH (fillfactor = 50)
    """)
    # A popular line is one row that is updated for each seat: room on its page, no index on what
    # changes, so every update stays on the page (HOT) and leaves nothing to vacuum in an index.
    op.execute("CREATE INDEX ix_slot_accounts_job_order_id ON slot_accounts (job_order_id)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON slot_accounts TO job_orders_app")
    op.execute("""
        CREATE TABLE slot_reservations (
            id uuid NOT NULL,
            job_order_id uuid NOT NULL,
            line_id uuid NOT NULL,
            placement_id uuid NOT NULL,
            placement_agency_code text NOT NULL,
            status text NOT NULL,
            expires_at timestamptz NOT NULL,
            reserved_by text NOT NULL,
            reserved_at timestamptz NOT NULL,
            settled_at timestamptz,
            release_reason text,
            CONSTRAINT pk_slot_reservations PRIMARY KEY (id),
            CONSTRAINT fk_slot_reservations_line_id
                FOREIGN KEY (line_id) REFERENCES slot_accounts (line_id),
            CONSTRAINT fk_slot_reservations_placement_id
                FOREIGN KEY (placement_id) REFERENCES placements (id),
            CONSTRAINT ck_slot_reservations_status
                CHECK (status IN ('HELD', 'RELEASED', 'CONSUMED')),
            CONSTRAINT ck_slot_reservations_settled
                CHECK ((status = 'HELD') = (settled_at IS NULL)
                       AND (status = 'RELEASED') = (release_reason IS NOT NULL))
        )
    """)
    op.execute("""
        CREATE UNIQUE INDEX uq_slot_reservations_placement_id_live
        ON slot_reservations (placement_id) WHERE status <> 'RELEASED'
    """)
    op.execute("""
        CREATE INDEX ix_slot_reservations_job_order_id_id
        ON slot_reservations (job_order_id, id)
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON slot_reservations TO job_orders_app")
    op.execute("""
        CREATE TABLE slot_entries (
            number bigint GENERATED ALWAYS AS IDENTITY,
            line_id uuid NOT NULL,
            job_order_id uuid NOT NULL,
            cause text NOT NULL,
            from_place text NOT NULL,
            to_place text NOT NULL,
            positions integer NOT NULL,
            reservation_id uuid,
            subject text NOT NULL,
            organisation text NOT NULL,
            happened_at timestamptz NOT NULL,
            CONSTRAINT pk_slot_entries PRIMARY KEY (number),
            CONSTRAINT fk_slot_entries_line_id
                FOREIGN KEY (line_id) REFERENCES slot_accounts (line_id),
            CONSTRAINT fk_slot_entries_reservation_id
                FOREIGN KEY (reservation_id) REFERENCES slot_reservations (id),
            CONSTRAINT ck_slot_entries_move CHECK (positions > 0 AND (
                (cause, from_place, to_place) = ('OPEN', 'PERMIT', 'FREE')
                OR (cause, from_place, to_place) = ('RESERVE', 'FREE', 'RESERVED')
                OR (cause, from_place, to_place) = ('RELEASE', 'RESERVED', 'FREE')
                OR (cause, from_place, to_place) = ('CONSUME', 'RESERVED', 'FILLED')
                OR (cause, from_place, to_place) = ('CLOSE', 'FREE', 'PERMIT')))
        )
    """)
    op.execute(
        "CREATE INDEX ix_slot_entries_job_order_id_number ON slot_entries (job_order_id, number)"
    )
    op.execute("GRANT SELECT, INSERT ON slot_entries TO job_orders_app")


def downgrade() -> None:
    op.execute("DROP TABLE slot_entries")
    op.execute("DROP TABLE slot_reservations")
    op.execute("DROP TABLE slot_accounts")
    op.execute("DROP TABLE host_permits")
