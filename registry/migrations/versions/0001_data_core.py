"""Data core: people and statements, taxonomies, programmes, councils, passages and runs."""

import sqlalchemy as sa
from alembic import op
import pgvector.sqlalchemy
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table('change_log',
    sa.Column('seq', sa.BigInteger(), autoincrement=True, nullable=False),
    sa.Column('xid', sa.BigInteger(), server_default=sa.text('pg_current_xact_id()::text::bigint'), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('topic', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('seq'),
    sa.UniqueConstraint('xid', 'expert_id', 'topic', name='change_log_once_a_transaction')
    )
    op.create_index('change_log_expert', 'change_log', ['expert_id'], unique=False)
    op.create_index('change_log_order', 'change_log', ['xid', 'seq'], unique=False)
    op.create_table('corpus_statistics',
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('encoder_version', sa.Text(), nullable=False),
    sa.Column('passage_count', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('frozen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('version')
    )
    op.create_table('council',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name_vi', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('legal_basis', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('country',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name_vi', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('code')
    )
    op.create_table('database_mark',
    sa.Column('identity', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('identity')
    )
    op.create_table('expert',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('life', sa.Text(), nullable=False),
    sa.Column('is_invented', sa.Boolean(), nullable=False),
    sa.Column('canonical_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("life IN ('lead','invited','claimed','verified','paused','withdrawn','merged','erased')", name='expert_life_known'),
    sa.ForeignKeyConstraint(['canonical_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('match_run',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('request', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('encoder_version', sa.Text(), nullable=False),
    sa.Column('index_version', sa.Text(), nullable=False),
    sa.Column('weights', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('data_position', sa.Text(), nullable=False),
    sa.Column('result', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('organisation',
    sa.Column('ror_id', sa.Text(), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('name_vi', sa.Text(), nullable=True),
    sa.Column('name_en', sa.Text(), nullable=True),
    sa.Column('country_code', sa.Text(), nullable=False),
    sa.Column('city', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('kinds', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('aliases', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('relations', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('ror_id')
    )
    op.create_table('programme',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('list_version', sa.Text(), nullable=False),
    sa.Column('product_no', sa.Integer(), nullable=False),
    sa.Column('group_no', sa.Integer(), nullable=False),
    sa.Column('name_vi', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('summary_vi', sa.Text(), nullable=False),
    sa.Column('summary_en', sa.Text(), nullable=False),
    sa.Column('is_example', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('list_version', 'code', name='programme_code_once')
    )
    op.create_table('research_field',
    sa.Column('scheme', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('parent', sa.Text(), nullable=True),
    sa.Column('name_vi', sa.Text(), nullable=True),
    sa.Column('name_en', sa.Text(), nullable=True),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('ford_code', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('scheme', 'code')
    )
    op.create_table('strategic_item',
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('no', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('tier', sa.Integer(), nullable=True),
    sa.Column('group_no', sa.Integer(), nullable=True),
    sa.Column('group_basis', sa.Text(), nullable=False),
    sa.Column('name_vi', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('legal_basis', sa.Text(), nullable=False),
    sa.Column('effective_from', sa.Date(), nullable=False),
    sa.Column('effective_to', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('version', 'kind', 'no')
    )
    op.create_table('text_vector',
    sa.Column('encoder_version', sa.Text(), nullable=False),
    sa.Column('text_hash', sa.Text(), nullable=False),
    sa.Column('vector', pgvector.sqlalchemy.HALFVEC(), nullable=False),
    sa.PrimaryKeyConstraint('encoder_version', 'text_hash')
    )
    op.create_table('topic_group',
    sa.Column('topic', sa.Text(), nullable=False),
    sa.Column('group_no', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('topic', 'group_no')
    )
    op.create_table('council_seat',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('council_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('name_vi', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.CheckConstraint("role IN ('chair','vice_chair','secretary','reviewer','member','reserve')", name='council_seat_role'),
    sa.CheckConstraint('capacity >= 1', name='council_seat_capacity'),
    sa.ForeignKeyConstraint(['council_id'], ['council.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_council_seat_council_id'), 'council_seat', ['council_id'], unique=False)
    op.create_table('derivation',
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('encoder_version', sa.Text(), nullable=False),
    sa.Column('position', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('expert_id', 'encoder_version')
    )
    op.create_table('expert_source',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('source_key', sa.Text(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('source', 'source_key')
    )
    op.create_index(op.f('ix_expert_source_expert_id'), 'expert_source', ['expert_id'], unique=False)
    op.create_table('lead_view',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('viewed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_lead_view_expert_id'), 'lead_view', ['expert_id'], unique=False)
    op.create_table('expert_summary',
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('folded_name', sa.Text(), nullable=False),
    sa.Column('organisation', sa.Text(), nullable=True),
    sa.Column('role_vi', sa.Text(), nullable=True),
    sa.Column('role_en', sa.Text(), nullable=True),
    sa.Column('country_code', sa.Text(), nullable=True),
    sa.Column('is_overseas', sa.Boolean(), nullable=True),
    sa.Column('sector', sa.Text(), nullable=True),
    sa.Column('rank', sa.Text(), nullable=True),
    sa.Column('degree', sa.Text(), nullable=True),
    sa.Column('first_year', sa.Integer(), nullable=True),
    sa.Column('languages', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('fields', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('groups', sa.ARRAY(sa.Integer()), nullable=False),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('expert_id')
    )
    op.create_table('programme_role',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name_vi', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('headcount', sa.Integer(), nullable=False),
    sa.CheckConstraint('headcount >= 1', name='programme_role_headcount'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    op.create_index(op.f('ix_programme_role_programme_id'), 'programme_role', ['programme_id'], unique=False)
    op.create_table('source_record',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('source_key', sa.Text(), nullable=False),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('raw', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('retrieved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('source_record_expert', 'source_record', ['expert_id'], unique=False)
    op.create_index('source_record_key', 'source_record', ['source', 'source_key'], unique=False)
    op.create_table('council_term',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('seat_id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.CheckConstraint('ended_on IS NULL OR ended_on >= started_on', name='council_term_order'),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.ForeignKeyConstraint(['seat_id'], ['council_seat.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_council_term_expert_id'), 'council_term', ['expert_id'], unique=False)
    op.create_index(op.f('ix_council_term_seat_id'), 'council_term', ['seat_id'], unique=False)
    op.create_table('requirement_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('role_id', sa.Uuid(), nullable=True),
    sa.Column('seat_id', sa.Uuid(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.Column('text_vi', sa.Text(), nullable=False),
    sa.Column('text_en', sa.Text(), nullable=False),
    sa.Column('fact', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.CheckConstraint("kind IN ('must','wish')", name='requirement_line_kind'),
    sa.CheckConstraint('(role_id IS NULL) <> (seat_id IS NULL)', name='requirement_line_owner'),
    sa.ForeignKeyConstraint(['role_id'], ['programme_role.id'], ),
    sa.ForeignKeyConstraint(['seat_id'], ['council_seat.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_requirement_line_role_id'), 'requirement_line', ['role_id'], unique=False)
    op.create_index(op.f('ix_requirement_line_seat_id'), 'requirement_line', ['seat_id'], unique=False)
    op.create_table('statement',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('property', sa.Text(), nullable=False),
    sa.Column('item_key', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('value_hash', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('started_on', sa.Text(), nullable=True),
    sa.Column('ended_on', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('source_record_id', sa.Uuid(), nullable=True),
    sa.Column('asserted_by', sa.Text(), nullable=False),
    sa.Column('on_behalf_of', sa.Text(), nullable=True),
    sa.Column('asserted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('retrieved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('evidence_url', sa.Text(), nullable=True),
    sa.Column('legal_ground', sa.Text(), nullable=False),
    sa.Column('verification', sa.Text(), nullable=False),
    sa.Column('verified_by', sa.Text(), nullable=True),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('verification_method', sa.Text(), nullable=True),
    sa.Column('visibility', sa.Text(), nullable=False),
    sa.Column('superseded_by', sa.Uuid(), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("verification IN ('claimed','checked','confirmed')", name='statement_verification_known'),
    sa.CheckConstraint("visibility IN ('public','bodies','named_bodies','council','stewards','self')", name='statement_visibility_known'),
    sa.CheckConstraint('superseded_by IS NULL OR superseded_at IS NOT NULL', name='statement_superseded_when'),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.ForeignKeyConstraint(['source_record_id'], ['source_record.id'], ),
    sa.ForeignKeyConstraint(['superseded_by'], ['statement.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_statement_expert_id'), 'statement', ['expert_id'], unique=False)
    op.create_index('statement_current_item', 'statement', ['expert_id', 'source', 'property', 'item_key'], unique=True, postgresql_where=sa.text('superseded_at IS NULL'))
    op.create_index('statement_external_id', 'statement', ['external_id'], unique=False, postgresql_where=sa.text('external_id IS NOT NULL'))
    op.create_table('passage',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('text_hash', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('verification', sa.Text(), nullable=False),
    sa.Column('dated_on', sa.Text(), nullable=True),
    sa.Column('evidence_url', sa.Text(), nullable=True),
    sa.Column('audience', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('passage_once', 'passage', ['statement_id', 'text_hash'], unique=True)
    op.create_index(op.f('ix_passage_expert_id'), 'passage', ['expert_id'], unique=False)
    op.create_index(op.f('ix_passage_statement_id'), 'passage', ['statement_id'], unique=False)
    op.create_index('passage_text', 'passage', ['text_hash'], unique=False)
    # Whatever writes these tables, the change is logged once a transaction and person, and
    # followers are woken when it commits.
    op.execute(
        """
        CREATE FUNCTION log_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_ARGV[1] = 'id' THEN
                INSERT INTO change_log (expert_id, topic)
                SELECT DISTINCT id, TG_ARGV[0] FROM changed ON CONFLICT DO NOTHING;
            ELSE
                INSERT INTO change_log (expert_id, topic)
                SELECT DISTINCT expert_id, TG_ARGV[0] FROM changed ON CONFLICT DO NOTHING;
            END IF;
            PERFORM pg_notify('registry_changes', TG_ARGV[0]);
            RETURN NULL;
        END $$
        """
    )
    for table, topic, column in (
        ("expert", "expert", "id"),
        ("statement", "expert", "expert_id"),
        ("passage", "passages", "expert_id"),
        ("derivation", "passages", "expert_id"),
    ):
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            op.execute(
                f"CREATE TRIGGER {table}_{event.lower()}_logged AFTER {event} ON {table} "
                f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
                f"EXECUTE FUNCTION log_change('{topic}', '{column}')"
            )


def downgrade() -> None:
    for table in ("expert", "statement", "passage", "derivation"):
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER {table}_{event}_logged ON {table}")
    op.execute("DROP FUNCTION log_change()")
    op.drop_index('passage_text', table_name='passage')
    op.drop_index(op.f('ix_passage_statement_id'), table_name='passage')
    op.drop_index(op.f('ix_passage_expert_id'), table_name='passage')
    op.drop_index('passage_once', table_name='passage')
    op.drop_table('passage')
    op.drop_index('statement_external_id', table_name='statement', postgresql_where=sa.text('external_id IS NOT NULL'))
    op.drop_index('statement_current_item', table_name='statement', postgresql_where=sa.text('superseded_at IS NULL'))
    op.drop_index(op.f('ix_statement_expert_id'), table_name='statement')
    op.drop_table('statement')
    op.drop_index(op.f('ix_requirement_line_seat_id'), table_name='requirement_line')
    op.drop_index(op.f('ix_requirement_line_role_id'), table_name='requirement_line')
    op.drop_table('requirement_line')
    op.drop_index(op.f('ix_council_term_seat_id'), table_name='council_term')
    op.drop_index(op.f('ix_council_term_expert_id'), table_name='council_term')
    op.drop_table('council_term')
    op.drop_index('source_record_key', table_name='source_record')
    op.drop_index('source_record_expert', table_name='source_record')
    op.drop_table('source_record')
    op.drop_index(op.f('ix_programme_role_programme_id'), table_name='programme_role')
    op.drop_table('programme_role')
    op.drop_index(op.f('ix_lead_view_expert_id'), table_name='lead_view')
    op.drop_table('lead_view')
    op.drop_table('expert_summary')
    op.drop_index(op.f('ix_expert_source_expert_id'), table_name='expert_source')
    op.drop_table('expert_source')
    op.drop_table('derivation')
    op.drop_index(op.f('ix_council_seat_council_id'), table_name='council_seat')
    op.drop_table('council_seat')
    op.drop_table('topic_group')
    op.drop_table('text_vector')
    op.drop_table('strategic_item')
    op.drop_table('research_field')
    op.drop_table('programme')
    op.drop_table('organisation')
    op.drop_table('match_run')
    op.drop_table('expert')
    op.drop_table('database_mark')
    op.drop_table('country')
    op.drop_table('council')
    op.drop_table('corpus_statistics')
    op.drop_index('change_log_order', table_name='change_log')
    op.drop_index('change_log_expert', table_name='change_log')
    op.drop_table('change_log')
