"""Trust: accounts, audit, keys of people, changes and choices, consents, requests, erasures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# Tables that nothing is added to of somebody who was erased.
_ABOUT_PEOPLE = (
    "access_link",
    "claim",
    "consent",
    "consideration",
    "contact_event",
    "delegation",
    "derivation",
    "disclosure",
    "expert_source",
    "expert_standing",
    "expert_summary",
    "item_choice",
    "passage",
    "person_key",
    "source_record",
    "statement",
)


def upgrade() -> None:
    op.create_table('audit_entry',
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=True),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('payload', sa.LargeBinary(), nullable=True),
    sa.Column('previous_hash', sa.LargeBinary(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('seq')
    )
    op.create_index('audit_entry_action', 'audit_entry', ['action', 'seq'], unique=False)
    op.create_index('audit_entry_actor', 'audit_entry', ['actor', 'seq'], unique=False)
    op.create_index('audit_entry_expert', 'audit_entry', ['expert_id', 'seq'], unique=False)
    op.create_table('body',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name_vi', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("code ~ '^[a-z0-9-]{2,40}$'", name='body_code_form'),
    sa.PrimaryKeyConstraint('code')
    )
    op.create_table('breach',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('notice_due', sa.DateTime(timezone=True), nullable=False),
    sa.Column('notified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('people_affected', sa.Integer(), nullable=True),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('recorded_by', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('consent_text',
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('text_vi', sa.Text(), nullable=False),
    sa.Column('text_en', sa.Text(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("purpose IN ('registry','matching','council','talent_pool','publication','origin')", name='consent_text_purpose'),
    sa.PrimaryKeyConstraint('purpose', 'version')
    )
    op.create_table('service_key',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('master', sa.Text(), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('sign_in_attempt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('bucket', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('sign_in_attempt_at', 'sign_in_attempt', ['at'], unique=False)
    op.create_index('sign_in_attempt_bucket', 'sign_in_attempt', ['bucket', 'at'], unique=False)
    op.create_table('suppression',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('digest')
    )
    op.create_table('account',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('login', sa.Text(), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('totp_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('totp_used_step', sa.Integer(), nullable=True),
    sa.Column('expert_id', sa.Uuid(), nullable=True),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('is_invented', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('account_login', 'account', [sa.literal_column('lower(login)')], unique=True)
    op.create_index('account_one_profile', 'account', ['expert_id'], unique=True, postgresql_where=sa.text('expert_id IS NOT NULL AND closed_at IS NULL'))
    op.create_table('change',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=True),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.Column('label', sa.Text(), nullable=True),
    sa.Column('words', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reverted_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('import','edit','judge','show','verify','revert','merge')", name='change_kind_known'),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.ForeignKeyConstraint(['reverted_by'], ['change.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_change_expert_id'), 'change', ['expert_id'], unique=False)
    op.create_table('consent',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('text_version', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('evidence', sa.LargeBinary(), nullable=True),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Text(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_by', sa.Text(), nullable=True),
    sa.Column('withdrawn_channel', sa.Text(), nullable=True),
    sa.CheckConstraint("channel IN ('web','paper','email','in_person')", name='consent_channel_known'),
    sa.CheckConstraint("purpose IN ('registry','matching','council','talent_pool','publication','origin')", name='consent_purpose'),
    sa.ForeignKeyConstraint(['body'], ['body.code'], ),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.ForeignKeyConstraint(['purpose', 'text_version'], ['consent_text.purpose', 'consent_text.version'], name='consent_of_a_text'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('consent_current', 'consent', ['expert_id', 'purpose', sa.literal_column("coalesce(body, '')")], unique=True, postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.create_index(op.f('ix_consent_expert_id'), 'consent', ['expert_id'], unique=False)
    op.create_table('consideration',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('council_id', sa.Uuid(), nullable=True),
    sa.Column('opened_by', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.CheckConstraint("outcome IN ('engaged','not_engaged')", name='consideration_outcome'),
    sa.CheckConstraint('(closed_at IS NULL) = (outcome IS NULL)', name='consideration_closed_with_outcome'),
    sa.ForeignKeyConstraint(['body'], ['body.code'], ),
    sa.ForeignKeyConstraint(['council_id'], ['council.id'], ),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_consideration_expert_id'), 'consideration', ['expert_id'], unique=False)
    op.create_table('contact_event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('sent','replied','bounced','confirmed')", name='contact_event_kind'),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('contact_event_expert', 'contact_event', ['expert_id', 'at'], unique=False)
    op.create_table('disclosure',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('disclosed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("kind IN ('view','export','match','shortlist','contact')", name='disclosure_kind'),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('disclosure_expert', 'disclosure', ['expert_id', 'disclosed_at'], unique=False)
    op.create_table('erasure',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('erased_by', sa.Text(), nullable=False),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('compacted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('proof', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('expert_id')
    )
    op.create_table('expert_standing',
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('replied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('bounced_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('expert_id')
    )
    op.create_table('item_choice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('property', sa.Text(), nullable=False),
    sa.Column('item_key', sa.Text(), nullable=False),
    sa.Column('judgement', sa.Text(), nullable=True),
    sa.Column('visibility', sa.Text(), nullable=True),
    sa.Column('named_bodies', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('chosen_by', sa.Text(), nullable=False),
    sa.Column('chosen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('change_id', sa.Uuid(), nullable=False),
    sa.Column('closed_by', sa.Uuid(), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("judgement IN ('accepted','rejected')", name='item_choice_judgement_known'),
    sa.CheckConstraint("(visibility IS NOT DISTINCT FROM 'named_bodies') = (cardinality(named_bodies) > 0)", name='item_choice_named_bodies'),
    sa.ForeignKeyConstraint(['change_id'], ['change.id'], ),
    sa.ForeignKeyConstraint(['closed_by'], ['change.id'], ),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('item_choice_change', 'item_choice', ['change_id'], unique=False)
    op.create_index('item_choice_closed_by', 'item_choice', ['closed_by'], unique=False, postgresql_where=sa.text('closed_by IS NOT NULL'))
    op.create_index('item_choice_current', 'item_choice', ['expert_id', 'property', 'item_key'], unique=True, postgresql_where=sa.text('superseded_at IS NULL'))
    op.create_table('person_key',
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('master', sa.Text(), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ondelete='CASCADE', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('expert_id')
    )
    op.create_index(op.f('ix_person_key_master'), 'person_key', ['master'], unique=False)
    op.create_table('rights_request',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('through_third_party', sa.Boolean(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer_by', sa.DateTime(timezone=True), nullable=False),
    sa.Column('act_by', sa.DateTime(timezone=True), nullable=False),
    sa.Column('extended_by_days', sa.Integer(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handled_by', sa.Text(), nullable=True),
    sa.Column('requester', sa.LargeBinary(), nullable=True),
    sa.Column('words', sa.LargeBinary(), nullable=True),
    sa.Column('outcome', sa.LargeBinary(), nullable=True),
    sa.CheckConstraint("kind IN ('view','correct','copy','withdraw','restrict','object','delete','complain')", name='rights_request_kind'),
    sa.CheckConstraint("state IN ('open','answered','done','refused')", name='rights_request_state'),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_rights_request_expert_id'), 'rights_request', ['expert_id'], unique=False)
    op.create_index('rights_request_due', 'rights_request', ['state', 'act_by'], unique=False)
    op.create_table('access_link',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('sent_to', sa.LargeBinary(), nullable=True),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("purpose IN ('claim','join','password','recovery','sign_in')", name='access_link_purpose'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_access_link_account_id'), 'access_link', ['account_id'], unique=False)
    op.create_index(op.f('ix_access_link_expert_id'), 'access_link', ['expert_id'], unique=False)
    op.create_table('account_role',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('granted_by', sa.Text(), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role IN ('expert','recruiter','secretary','steward','auditor','administrator')", name='account_role_known'),
    sa.CheckConstraint("role NOT IN ('recruiter','secretary') OR body IS NOT NULL", name='account_role_body'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ),
    sa.ForeignKeyConstraint(['body'], ['body.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('account_role_once', 'account_role', ['account_id', 'role'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index(op.f('ix_account_role_account_id'), 'account_role', ['account_id'], unique=False)
    op.create_table('api_token',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('scopes', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token_hash')
    )
    op.create_index(op.f('ix_api_token_account_id'), 'api_token', ['account_id'], unique=False)
    op.create_table('claim',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('proof', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('life_before', sa.Text(), nullable=True),
    sa.Column('words', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.Text(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('contested_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('open','granted','refused','contested','reverted')", name='claim_state'),
    sa.CheckConstraint("proof IN ('link','orcid','words')", name='claim_proof'),
    sa.CheckConstraint("state IN ('open','refused') OR (expert_id IS NOT NULL AND life_before IS NOT NULL)", name='claim_of_a_profile'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('claim_one_holder', 'claim', ['expert_id'], unique=True, postgresql_where=sa.text("state IN ('granted','contested')"))
    op.create_index('claim_one_profile', 'claim', ['account_id'], unique=True, postgresql_where=sa.text("state IN ('granted','contested')"))
    op.create_index('claim_one_open', 'claim', ['account_id'], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_index(op.f('ix_claim_account_id'), 'claim', ['account_id'], unique=False)
    op.create_index(op.f('ix_claim_expert_id'), 'claim', ['expert_id'], unique=False)
    op.create_table('delegation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('sections', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('cardinality(sections) > 0', name='delegation_sections'),
    sa.CheckConstraint('expires_at > created_at', name='delegation_expiry'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('expert_id', 'account_id', 'created_at', name='delegation_once')
    )
    op.create_index(op.f('ix_delegation_account_id'), 'delegation', ['account_id'], unique=False)
    op.create_index(op.f('ix_delegation_expert_id'), 'delegation', ['expert_id'], unique=False)
    op.create_table('external_login',
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('linked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ),
    sa.PrimaryKeyConstraint('provider', 'subject')
    )
    op.create_index(op.f('ix_external_login_account_id'), 'external_login', ['account_id'], unique=False)
    op.create_table('outside_flow',
    sa.Column('state_hash', sa.Text(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('nonce', sa.Text(), nullable=False),
    sa.Column('verifier', sa.Text(), nullable=False),
    sa.Column('browser_hash', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('link_id', sa.Uuid(), nullable=True),
    sa.Column('next_path', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ),
    sa.ForeignKeyConstraint(['link_id'], ['access_link.id'], ),
    sa.PrimaryKeyConstraint('state_hash')
    )
    op.create_table('web_session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('agent', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token_hash')
    )
    op.create_index(op.f('ix_web_session_account_id'), 'web_session', ['account_id'], unique=False)
    op.execute(
        "INSERT INTO disclosure (id, expert_id, kind, actor, purpose, disclosed_at) "
        "SELECT id, expert_id, 'view', actor, purpose, viewed_at FROM lead_view"
    )
    op.drop_index(op.f('ix_lead_view_expert_id'), table_name='lead_view')
    op.drop_table('lead_view')
    op.add_column('expert', sa.Column('life_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False))
    op.add_column('expert', sa.Column('lives_before', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('expert', sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('expert', sa.Column('open_to', sa.ARRAY(sa.Text()), nullable=True))
    op.add_column('expert', sa.Column('is_searchable', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.add_column('expert', sa.Column('is_published', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('expert', sa.Column('restricted_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('source_record', sa.Column('sealed', sa.LargeBinary(), nullable=True))
    op.add_column('source_record', sa.Column('change_id', sa.Uuid(), nullable=True))
    op.create_foreign_key('source_record_change_id_fkey', 'source_record', 'change', ['change_id'], ['id'])
    op.alter_column('source_record', 'raw',
               existing_type=postgresql.JSONB(astext_type=sa.Text()),
               nullable=True)
    op.add_column('statement', sa.Column('verification_document', sa.Text(), nullable=True))
    op.add_column('statement', sa.Column('judgement', sa.Text(), nullable=True))
    op.add_column('statement', sa.Column('judged_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('statement', sa.Column('named_bodies', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('statement', sa.Column('change_id', sa.Uuid(), nullable=True))
    op.add_column('statement', sa.Column('closed_by', sa.Uuid(), nullable=True))
    op.create_index('statement_change', 'statement', ['change_id'], unique=False, postgresql_where=sa.text('change_id IS NOT NULL'))
    op.create_index('statement_closed_by', 'statement', ['closed_by'], unique=False, postgresql_where=sa.text('closed_by IS NOT NULL'))
    # Without these, each row that an erasure deletes would be looked for in the whole table.
    op.create_index('statement_successor', 'statement', ['superseded_by'], unique=False, postgresql_where=sa.text('superseded_by IS NOT NULL'))
    op.create_index('statement_record', 'statement', ['source_record_id'], unique=False, postgresql_where=sa.text('source_record_id IS NOT NULL'))
    op.create_index('source_record_change', 'source_record', ['change_id'], unique=False, postgresql_where=sa.text('change_id IS NOT NULL'))
    op.create_index('change_reverted', 'change', ['reverted_by'], unique=False, postgresql_where=sa.text('reverted_by IS NOT NULL'))
    op.create_index('match_run_people', 'match_run', [sa.literal_column("jsonb_path_query_array(result, '$[*].\"expert_id\"')")], unique=False, postgresql_using='gin')
    op.create_foreign_key('statement_closed_by_fkey', 'statement', 'change', ['closed_by'], ['id'])
    op.create_foreign_key('statement_change_id_fkey', 'statement', 'change', ['change_id'], ['id'])
    op.create_check_constraint(
        "statement_judgement_known", "statement", "judgement IN ('accepted','rejected')"
    )
    # Nobody could name bodies before: such statements were seen by nobody, and stay so.
    op.execute("UPDATE statement SET visibility = 'self' WHERE visibility = 'named_bodies'")
    op.create_check_constraint(
        "statement_named_bodies",
        "statement",
        "(visibility = 'named_bodies') = (cardinality(named_bodies) > 0)",
    )
    # Standing is a filter of the indexes: followers read the person again, nothing is encoded.
    for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER expert_standing_{event.lower()}_logged AFTER {event} "
            f"ON expert_standing REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
            "EXECUTE FUNCTION log_change('passages', 'expert_id')"
        )
    # What another transaction writes of a person while he is erased waits for the erasure (foreign
    # keys lock his row), and is then refused: the writer tries again and finds him gone.
    op.execute(
        """
        CREATE FUNCTION refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM expert e JOIN added a ON a.expert_id = e.id WHERE e.life = 'erased'
            ) THEN
                RAISE EXCEPTION 'the person was erased meanwhile'
                    USING ERRCODE = 'serialization_failure';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for table in _ABOUT_PEOPLE:
        op.execute(
            f"CREATE TRIGGER {table}_not_of_erased AFTER INSERT ON {table} "
            "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_erased()"
        )
    # The database itself numbers, dates and chains the entries of the audit, whoever inserts
    # them; the lock is held to the commit, so that no two follow the same entry.
    op.execute(
        """
        CREATE FUNCTION audit_part(part text) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT CASE WHEN part IS NULL THEN '-' ELSE octet_length(part) || ':' || part END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            last record;
        BEGIN
            PERFORM pg_advisory_xact_lock(7239004);
            SELECT seq, hash INTO last FROM audit_entry ORDER BY seq DESC LIMIT 1;
            NEW.seq := coalesce(last.seq, 0) + 1;
            NEW.previous_hash := coalesce(last.hash, decode(repeat('00', 32), 'hex'));
            NEW.at := date_trunc('microseconds', clock_timestamp());
            NEW.hash := sha256(convert_to(
                audit_part(NEW.seq::text)
                || audit_part(to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'))
                || audit_part(NEW.actor)
                || audit_part(NEW.action)
                || audit_part(NEW.expert_id::text)
                || audit_part(NEW.body)
                || audit_part(NEW.subject)
                || audit_part(encode(sha256(NEW.payload), 'hex'))
                || audit_part(encode(NEW.previous_hash, 'hex')),
                'UTF8'));
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER audit_entry_chained BEFORE INSERT ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION audit_chain()"
    )
    op.execute(
        """
        CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_entry_kept ON audit_entry")
    op.execute("DROP TRIGGER audit_entry_chained ON audit_entry")
    op.execute("DROP FUNCTION audit_refuse(), audit_chain(), audit_part(text)")
    for table in _ABOUT_PEOPLE:
        op.execute(f"DROP TRIGGER {table}_not_of_erased ON {table}")
    op.execute("DROP FUNCTION refuse_erased()")
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER expert_standing_{event}_logged ON expert_standing")
    op.drop_constraint('statement_named_bodies', 'statement', type_='check')
    op.drop_constraint('statement_judgement_known', 'statement', type_='check')
    op.drop_constraint('statement_closed_by_fkey', 'statement', type_='foreignkey')
    op.drop_constraint('statement_change_id_fkey', 'statement', type_='foreignkey')
    op.drop_index('match_run_people', table_name='match_run')
    op.drop_index('source_record_change', table_name='source_record')
    op.drop_index('change_reverted', table_name='change')
    op.drop_index('statement_record', table_name='statement')
    op.drop_index('statement_successor', table_name='statement')
    op.drop_index('statement_closed_by', table_name='statement', postgresql_where=sa.text('closed_by IS NOT NULL'))
    op.drop_index('statement_change', table_name='statement', postgresql_where=sa.text('change_id IS NOT NULL'))
    op.drop_column('statement', 'closed_by')
    op.drop_column('statement', 'change_id')
    op.drop_column('statement', 'named_bodies')
    op.drop_column('statement', 'judged_at')
    op.drop_column('statement', 'judgement')
    op.drop_column('statement', 'verification_document')
    # What was sealed does not come back: the downgraded version reads it nowhere.
    op.execute("UPDATE source_record SET raw = '{}' WHERE raw IS NULL")
    op.alter_column('source_record', 'raw',
               existing_type=postgresql.JSONB(astext_type=sa.Text()),
               nullable=False)
    op.drop_constraint('source_record_change_id_fkey', 'source_record', type_='foreignkey')
    op.drop_column('source_record', 'change_id')
    op.drop_column('source_record', 'sealed')
    op.drop_column('expert', 'restricted_at')
    op.drop_column('expert', 'is_published')
    op.drop_column('expert', 'is_searchable')
    op.drop_column('expert', 'open_to')
    op.drop_column('expert', 'expires_at')
    op.drop_column('expert', 'lives_before')
    op.drop_column('expert', 'life_since')
    op.drop_index(op.f('ix_web_session_account_id'), table_name='web_session')
    op.drop_table('web_session')
    op.drop_table('outside_flow')
    op.drop_index(op.f('ix_external_login_account_id'), table_name='external_login')
    op.drop_table('external_login')
    op.drop_index(op.f('ix_delegation_expert_id'), table_name='delegation')
    op.drop_index(op.f('ix_delegation_account_id'), table_name='delegation')
    op.drop_table('delegation')
    op.drop_index(op.f('ix_claim_expert_id'), table_name='claim')
    op.drop_index(op.f('ix_claim_account_id'), table_name='claim')
    op.drop_index('claim_one_open', table_name='claim', postgresql_where=sa.text("state = 'open'"))
    op.drop_index('claim_one_profile', table_name='claim', postgresql_where=sa.text("state IN ('granted','contested')"))
    op.drop_index('claim_one_holder', table_name='claim', postgresql_where=sa.text("state IN ('granted','contested')"))
    op.drop_table('claim')
    op.drop_index(op.f('ix_api_token_account_id'), table_name='api_token')
    op.drop_table('api_token')
    op.drop_index(op.f('ix_account_role_account_id'), table_name='account_role')
    op.drop_index('account_role_once', table_name='account_role', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_table('account_role')
    op.drop_index(op.f('ix_access_link_expert_id'), table_name='access_link')
    op.drop_index(op.f('ix_access_link_account_id'), table_name='access_link')
    op.drop_table('access_link')
    op.drop_index('rights_request_due', table_name='rights_request')
    op.drop_index(op.f('ix_rights_request_expert_id'), table_name='rights_request')
    op.drop_table('rights_request')
    op.drop_index(op.f('ix_person_key_master'), table_name='person_key')
    op.drop_table('person_key')
    op.drop_index('item_choice_current', table_name='item_choice', postgresql_where=sa.text('superseded_at IS NULL'))
    op.drop_index('item_choice_closed_by', table_name='item_choice', postgresql_where=sa.text('closed_by IS NOT NULL'))
    op.drop_index('item_choice_change', table_name='item_choice')
    op.drop_table('item_choice')
    op.drop_table('expert_standing')
    op.drop_table('erasure')
    op.drop_index('disclosure_expert', table_name='disclosure')
    op.create_table('lead_view',
    sa.Column('id', sa.UUID(), autoincrement=False, nullable=False),
    sa.Column('expert_id', sa.UUID(), autoincrement=False, nullable=False),
    sa.Column('actor', sa.TEXT(), autoincrement=False, nullable=False),
    sa.Column('purpose', sa.TEXT(), autoincrement=False, nullable=True),
    sa.Column('viewed_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('now()'), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], name=op.f('lead_view_expert_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('lead_view_pkey'))
    )
    op.create_index(op.f('ix_lead_view_expert_id'), 'lead_view', ['expert_id'], unique=False)
    op.execute(
        "INSERT INTO lead_view (id, expert_id, actor, purpose, viewed_at) "
        "SELECT id, expert_id, actor, purpose, disclosed_at FROM disclosure WHERE kind = 'view'"
    )
    op.drop_table('disclosure')
    op.drop_index('contact_event_expert', table_name='contact_event')
    op.drop_table('contact_event')
    op.drop_index(op.f('ix_consideration_expert_id'), table_name='consideration')
    op.drop_table('consideration')
    op.drop_index(op.f('ix_consent_expert_id'), table_name='consent')
    op.drop_index('consent_current', table_name='consent', postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.drop_table('consent')
    op.drop_index(op.f('ix_change_expert_id'), table_name='change')
    op.drop_table('change')
    op.drop_index('account_one_profile', table_name='account', postgresql_where=sa.text('expert_id IS NOT NULL AND closed_at IS NULL'))
    op.drop_index('account_login', table_name='account')
    op.drop_table('account')
    op.drop_table('suppression')
    op.drop_index('sign_in_attempt_bucket', table_name='sign_in_attempt')
    op.drop_index('sign_in_attempt_at', table_name='sign_in_attempt')
    op.drop_table('sign_in_attempt')
    op.drop_table('service_key')
    op.drop_table('consent_text')
    op.drop_table('breach')
    op.drop_table('body')
    op.drop_index('audit_entry_expert', table_name='audit_entry')
    op.drop_index('audit_entry_actor', table_name='audit_entry')
    op.drop_index('audit_entry_action', table_name='audit_entry')
    op.drop_table('audit_entry')
