"""Create cases, participants and the append-only timeline."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _create_cases()
    _create_participants()
    _create_timeline_entries()


def downgrade() -> None:
    op.execute("DROP TABLE timeline_entries")
    op.execute("DROP TABLE participants")
    op.execute("DROP TABLE cases")


def _create_cases() -> None:
    op.execute("""
        CREATE TABLE cases (
            id uuid NOT NULL,
            case_number text NOT NULL,
            tracking_index bytea NOT NULL,
            category text NOT NULL,
            is_secret boolean NOT NULL,
            status text NOT NULL,
            status_since timestamptz NOT NULL,
            suspension_reason text,
            severity text,
            priority text,
            due_at timestamptz,
            mission text NOT NULL,
            officer text,
            country text,
            subdivision text,
            channel text NOT NULL,
            external_reference text,
            place bytea,
            description bytea NOT NULL,
            reporter_name bytea,
            reporter_phone bytea,
            safe_contact bytea,
            reported_by text NOT NULL,
            reported_at timestamptz NOT NULL,
            closure_reason text,
            closed_at timestamptz,
            version integer NOT NULL,
            CONSTRAINT pk_cases PRIMARY KEY (id),
            CONSTRAINT uq_cases_case_number UNIQUE (case_number),
            CONSTRAINT uq_cases_tracking_index UNIQUE (tracking_index),
            CONSTRAINT ck_cases_category
                CHECK (category IN (
                    'IMMIGRATION', 'IMMIGRATION_OVERSTAY',
                    'IMMIGRATION_UNDOCUMENTED', 'IMMIGRATION_DOCUMENT_LOST',
                    'IMMIGRATION_DETAINED', 'IMMIGRATION_DEPORTATION',
                    'IMMIGRATION_PERMIT_ABUSE', 'LABOUR',
                    'LABOUR_UNPAID_WAGE', 'LABOUR_UNDERPAID',
                    'LABOUR_CONTRACT_SUBSTITUTION', 'LABOUR_OVERWORK',
                    'LABOUR_NO_LEAVE', 'LABOUR_DISMISSAL',
                    'LABOUR_DOCUMENT_WITHHELD', 'LABOUR_RAN_AWAY',
                    'LABOUR_WORK_ACCIDENT', 'LABOUR_OVERCHARGING', 'CREW',
                    'CREW_ABANDONED_VESSEL', 'CREW_UNPAID_WAGE',
                    'CREW_VIOLENCE_AT_SEA', 'CREW_DEATH_AT_SEA',
                    'CREW_ILLEGAL_FISHING_DETAINED', 'TPPO',
                    'TPPO_FORCED_LABOUR', 'TPPO_SEXUAL_EXPLOITATION',
                    'TPPO_ONLINE_SCAM', 'TPPO_FORCED_MARRIAGE', 'TPPO_ORGAN',
                    'TPPO_RECRUIT_FRAUD', 'CRIMINAL', 'CRIMINAL_SUSPECT',
                    'CRIMINAL_DEATH_PENALTY', 'CRIMINAL_CONVICTED',
                    'CRIMINAL_VICTIM', 'CIVIL', 'CIVIL_DIVORCE',
                    'CIVIL_CUSTODY', 'CIVIL_INHERITANCE', 'CIVIL_DEBT',
                    'VIOLENCE', 'VIOLENCE_PHYSICAL', 'VIOLENCE_SEXUAL',
                    'VIOLENCE_PSYCHOLOGICAL', 'HEALTH', 'HEALTH_SICK',
                    'HEALTH_MENTAL', 'HEALTH_HOSPITAL_DEBT', 'DEATH',
                    'DEATH_NATURAL', 'DEATH_ACCIDENT', 'DEATH_MURDER',
                    'DEATH_SUICIDE', 'DEATH_UNKNOWN', 'MISSING',
                    'MISSING_LOST_CONTACT', 'CRISIS', 'CRISIS_DISASTER',
                    'CRISIS_WAR', 'CRISIS_EPIDEMIC', 'CRISIS_HOSTAGE',
                    'CRISIS_TRANSPORT', 'STRANDED', 'CHILD',
                    'CHILD_STATELESS', 'CHILD_UNACCOMPANIED',
                    'REPATRIATION_REQUEST', 'OTHER'
                )),
            CONSTRAINT ck_cases_secret
                CHECK (is_secret
                       OR (category <> 'TPPO' AND category NOT LIKE 'TPPO\\_%'
                           AND category <> 'CHILD' AND category NOT LIKE 'CHILD\\_%'
                           AND category NOT IN ('VIOLENCE_SEXUAL', 'CRIMINAL_DEATH_PENALTY'))),
            CONSTRAINT ck_cases_status
                CHECK (status IN ('REPORTED', 'TRIAGED', 'ASSIGNED', 'IN_HANDLING', 'SUSPENDED',
                                  'RESOLVED', 'CLOSED', 'REOPENED')),
            CONSTRAINT ck_cases_severity
                CHECK (severity IN ('LOW', 'MODERATE', 'SERIOUS', 'CRITICAL')),
            CONSTRAINT ck_cases_priority CHECK (priority IN ('P1', 'P2', 'P3', 'P4')),
            CONSTRAINT ck_cases_channel
                CHECK (channel IN ('WALK_IN', 'PHONE', 'WEB', 'EMAIL', 'SMS', 'LETTER',
                                   'SOCIAL_MEDIA', 'PANIC_BUTTON', 'PARTNER_API',
                                   'HOST_AUTHORITY', 'OTHER')),
            CONSTRAINT ck_cases_suspension
                CHECK ((status = 'SUSPENDED') = (suspension_reason IS NOT NULL)
                       AND suspension_reason IN ('NO_CONTACT', 'AWAITING_DATA',
                                                 'AWAITING_HOST_STATE')),
            CONSTRAINT ck_cases_closure
                CHECK ((status = 'CLOSED') = (closure_reason IS NOT NULL)
                       AND (status = 'CLOSED') = (closed_at IS NOT NULL)
                       AND closure_reason IN ('RESOLVED', 'RIGHTS_RECOVERED', 'REPATRIATED',
                                              'FREED', 'SENTENCE_REDUCED', 'BURIED_ABROAD',
                                              'VOLUNTARY_STAY', 'DOCUMENTS_INCOMPLETE',
                                              'DATA_NOT_CLARIFIED', 'COMPLAINANT_UNREACHABLE',
                                              'HANDED_OVER', 'UNSOLVABLE_NO_RESPONSE',
                                              'WITHDRAWN', 'DUPLICATE', 'REPORTED_IN_ERROR'))
        )
    """)
    op.execute("CREATE INDEX ix_cases_mission_id ON cases (mission, id)")
    op.execute("CREATE INDEX ix_cases_category_id ON cases (category, id)")
    op.execute("CREATE INDEX ix_cases_due_at ON cases (due_at) WHERE due_at IS NOT NULL")
    op.execute("GRANT SELECT, INSERT, UPDATE ON cases TO cases_app")


def _create_participants() -> None:
    op.execute("""
        CREATE TABLE participants (
            id uuid NOT NULL,
            case_id uuid NOT NULL,
            role text NOT NULL,
            identification text NOT NULL,
            reported_identity bytea,
            is_minor boolean NOT NULL,
            person_id uuid,
            person_id_as_given uuid,
            placement_id uuid,
            reported_on date NOT NULL,
            added_at timestamptz NOT NULL,
            CONSTRAINT pk_participants PRIMARY KEY (id),
            CONSTRAINT fk_participants_case_id FOREIGN KEY (case_id) REFERENCES cases (id),
            CONSTRAINT ck_participants_role
                CHECK (role IN ('WORKER', 'AFFECTED_PERSON', 'COMPLAINANT', 'RESPONDENT',
                                'WITNESS', 'FAMILY_MEMBER')),
            CONSTRAINT ck_participants_identification
                CHECK (identification IN ('UNKNOWN', 'RESOLVING', 'REVIEW', 'PROVISIONAL',
                                          'RESOLVED')),
            CONSTRAINT ck_participants_person
                CHECK ((person_id IS NULL) = (person_id_as_given IS NULL)
                       AND (placement_id IS NULL OR person_id IS NOT NULL))
        )
    """)
    op.execute("CREATE INDEX ix_participants_case_id ON participants (case_id, id)")
    op.execute("CREATE INDEX ix_participants_person_id ON participants (person_id)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON participants TO cases_app")


def _create_timeline_entries() -> None:
    op.execute("""
        CREATE TABLE timeline_entries (
            id uuid NOT NULL,
            case_id uuid NOT NULL,
            action text NOT NULL,
            audience text NOT NULL,
            from_status text,
            to_status text,
            reason text,
            text bytea,
            participant_id uuid,
            placement_id uuid,
            subject text NOT NULL,
            organisation text NOT NULL,
            happened_at timestamptz NOT NULL,
            CONSTRAINT pk_timeline_entries PRIMARY KEY (id),
            CONSTRAINT fk_timeline_entries_case_id FOREIGN KEY (case_id) REFERENCES cases (id),
            CONSTRAINT ck_timeline_entries_audience CHECK (audience IN ('MISSION', 'MINISTRIES'))
        )
    """)
    op.execute("CREATE INDEX ix_timeline_entries_case_id ON timeline_entries (case_id, id)")
    op.execute("GRANT SELECT, INSERT ON timeline_entries TO cases_app")
