"""Profiles of one person are shown as one: judgements, proposals, and where a row came from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

# Rows that are shown with the profile that a person's others were merged into; `origin_id` then
# names the one that they came with, and go back to.
_MOVED = ("statement", "consideration", "council_term", "disclosure", "contact_event")
_TABLES = ("identity_proposal", "identity_judgement")


def upgrade() -> None:
    for table in _MOVED:
        op.add_column(table, sa.Column('origin_id', sa.Uuid(), nullable=True))
        op.create_foreign_key(f'{table}_origin_id_fkey', table, 'expert', ['origin_id'], ['id'])
        op.create_index(
            f'{table}_origin', table, ['origin_id'],
            postgresql_where=sa.text('origin_id IS NOT NULL'),
        )
    # Each of a person's profiles keeps its own items of a source, merged or not.
    op.drop_index('statement_current_item', table_name='statement')
    op.create_index(
        'statement_current_item', 'statement',
        [sa.text('coalesce(origin_id, expert_id)'), 'source', 'property', 'item_key'],
        unique=True, postgresql_where=sa.text('superseded_at IS NULL'),
    )
    op.create_table(
        'identity_proposal',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('one_id', sa.Uuid(), nullable=False),
        sa.Column('other_id', sa.Uuid(), nullable=False),
        sa.Column('bits', sa.Float(), nullable=False),
        sa.Column('signals', sa.Integer(), nullable=False),
        sa.Column('parts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('one_id < other_id', name='identity_proposal_ordered'),
        sa.ForeignKeyConstraint(['one_id'], ['expert.id']),
        sa.ForeignKeyConstraint(['other_id'], ['expert.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('identity_proposal_pair', 'identity_proposal', ['one_id', 'other_id'], unique=True)
    op.create_table(
        'identity_judgement',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('one_id', sa.Uuid(), nullable=False),
        sa.Column('other_id', sa.Uuid(), nullable=False),
        sa.Column('verdict', sa.Text(), nullable=False),
        sa.Column('is_automatic', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('bits', sa.Float(), nullable=True),
        sa.Column('parts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('reason', sa.LargeBinary(), nullable=True),
        sa.Column('judged_by', sa.Text(), nullable=False),
        sa.Column('judged_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('superseded_by', sa.Uuid(), nullable=True),
        sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.CheckConstraint('one_id < other_id', name='identity_judgement_ordered'),
        sa.CheckConstraint("verdict IN ('same','different','unsure')", name='identity_verdict_known'),
        sa.ForeignKeyConstraint(['one_id'], ['expert.id']),
        sa.ForeignKeyConstraint(['other_id'], ['expert.id']),
        sa.ForeignKeyConstraint(['superseded_by'], ['identity_judgement.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(
        'identity_judgement_current', 'identity_judgement', ['one_id', 'other_id'],
        unique=True, postgresql_where=sa.text('superseded_at IS NULL'),
    )
    for table in _TABLES:
        for column in ("one_id", "other_id"):
            op.create_index(op.f(f'ix_{table}_{column}'), table, [column])


def downgrade() -> None:
    # The older version shows one profile for each record: those that were merged are parted again.
    for table in _MOVED:
        op.execute(
            f"UPDATE {table} SET expert_id = origin_id, origin_id = NULL WHERE origin_id IS NOT NULL"
        )
    op.execute(
        "UPDATE expert SET life = coalesce(lives_before[cardinality(lives_before)], 'lead'), "
        "lives_before = trim_array(lives_before, least(1, cardinality(lives_before))), "
        "canonical_id = NULL WHERE life = 'merged'"
    )
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index('statement_current_item', table_name='statement')
    op.create_index(
        'statement_current_item', 'statement',
        ['expert_id', 'source', 'property', 'item_key'],
        unique=True, postgresql_where=sa.text('superseded_at IS NULL'),
    )
    for table in _MOVED:
        op.drop_index(f'{table}_origin', table_name=table)
        op.drop_constraint(f'{table}_origin_id_fkey', table, type_='foreignkey')
        op.drop_column(table, 'origin_id')
