"""Create the feed: every event of every topic, numbered after commit."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE feed_events (
            arrival bigint GENERATED ALWAYS AS IDENTITY,
            position bigint,
            event_id uuid NOT NULL,
            topic text NOT NULL,
            key text NOT NULL,
            sequence bigint NOT NULL,
            type text NOT NULL,
            occurred_at timestamptz NOT NULL,
            source text NOT NULL,
            sensitivity text NOT NULL,
            traceparent text,
            causation_id text,
            data jsonb NOT NULL,
            received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT pk_feed_events PRIMARY KEY (arrival),
            CONSTRAINT uq_feed_events_position UNIQUE (position),
            CONSTRAINT uq_feed_events_topic_key_sequence UNIQUE (topic, key, sequence)
        )
    """)
    op.execute(
        "CREATE INDEX ix_feed_events_unnumbered ON feed_events (arrival) WHERE position IS NULL"
    )
    op.execute("GRANT SELECT, INSERT ON feed_events TO gateway_app")
    op.execute("GRANT UPDATE (position) ON feed_events TO gateway_app")


def downgrade() -> None:
    op.execute("DROP TABLE feed_events")
