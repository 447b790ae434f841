"""Considerations that ended because the person no longer agreed: no body has said no to him."""

from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

_BEFORE = "'engaged','not_engaged'"


def upgrade() -> None:
    _allow(f"{_BEFORE},'consent_ended'")


def downgrade() -> None:
    # The older version knows no other way in which a person is no longer considered.
    op.execute("UPDATE consideration SET outcome = 'not_engaged' WHERE outcome = 'consent_ended'")
    _allow(_BEFORE)


def _allow(outcomes: str) -> None:
    op.drop_constraint('consideration_outcome', 'consideration', type_='check')
    op.create_check_constraint(
        'consideration_outcome', 'consideration', f"outcome IN ({outcomes})"
    )
