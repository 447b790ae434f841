"""Runs of imports with their rows and files, saved mappings, and what people are compared by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'import_run',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('source', sa.Text(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('asserted_by', sa.Text(), nullable=True),
        sa.Column('actor', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('settings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('cursor', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column('total', sa.Integer(), nullable=True),
        sa.Column('notes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('problem', sa.Text(), nullable=True),
        sa.Column('not_before', sa.DateTime(timezone=True), nullable=True),
        sa.Column('change_id', sa.Uuid(), nullable=True),
        sa.Column('is_stopping', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('asking','reading','comparing','ready','loading','loaded','stopped',"
            "'waiting','failed','discarded')",
            name='import_run_state_known',
        ),
        sa.ForeignKeyConstraint(['change_id'], ['change.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_import_run_state'), 'import_run', ['state'])
    op.create_table(
        'import_file',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('run_id', sa.Uuid(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('digest', sa.Text(), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(['run_id'], ['import_run.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_import_file_run_id'), 'import_file', ['run_id'])
    op.create_table(
        'import_row',
        sa.Column('run_id', sa.Uuid(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('place', sa.Text(), nullable=False),
        sa.Column('source_key', sa.Text(), nullable=True),
        sa.Column('expert_id', sa.Uuid(), nullable=True),
        sa.Column('outcome', sa.Text(), nullable=True),
        sa.Column(
            'matches', postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"), nullable=False,
        ),
        sa.Column('sealed', sa.LargeBinary(), nullable=True),
        sa.Column('is_chosen', sa.Boolean(), server_default=sa.text('false'), nullable=False),
        sa.Column('loaded_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('refused','erased','new','same','update','gone')",
            name='import_row_outcome_known',
        ),
        sa.ForeignKeyConstraint(['run_id'], ['import_run.id'], ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['expert_id'], ['expert.id']),
        sa.PrimaryKeyConstraint('run_id', 'number'),
    )
    op.create_index(
        'import_row_expert', 'import_row', ['expert_id'],
        postgresql_where=sa.text('expert_id IS NOT NULL'),
    )
    op.create_table(
        'saved_mapping',
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('mapping', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('saved_by', sa.Text(), nullable=False),
        sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('body'),
    )
    op.create_table(
        'identity_record',
        sa.Column('expert_id', sa.Uuid(), nullable=False),
        sa.Column('records', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('expert_id'),
    )
    op.create_table(
        'identity_key',
        sa.Column('key', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('expert_id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['expert_id'], ['expert.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('key', 'expert_id'),
    )
    op.create_index(op.f('ix_identity_key_expert_id'), 'identity_key', ['expert_id'])
    op.create_table(
        'identity_mark',
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('position', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('name'),
    )


def downgrade() -> None:
    for table in (
        'identity_mark', 'identity_key', 'identity_record', 'saved_mapping', 'import_row',
        'import_file', 'import_run',
    ):
        op.drop_table(table)
