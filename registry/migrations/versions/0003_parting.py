"""Claims that end and undo nothing; accounts that were closed before let go of what they held."""

from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

_BEFORE = "'open','granted','refused','contested','reverted'"
# Whose name stands where this migration decides.
_BY = "'operator:migration'"


def upgrade() -> None:
    _allow(f"{_BEFORE},'ended'")
    # Until now a closed account went on holding its profile, so that nobody could claim it again.
    # A contested claim stays for a steward: keeping it ends it, taking it back undoes things.
    op.execute(
        f"UPDATE claim SET state = CASE state WHEN 'open' THEN 'refused' ELSE 'ended' END, "
        f"decided_by = {_BY}, decided_at = a.closed_at FROM account a "
        "WHERE a.id = claim.account_id AND a.closed_at IS NOT NULL "
        "AND claim.state IN ('open', 'granted')"
    )
    op.execute(
        "UPDATE delegation d SET revoked_at = a.closed_at FROM account a "
        "WHERE a.closed_at IS NOT NULL AND d.revoked_at IS NULL AND (d.account_id = a.id "
        "OR (d.expert_id = a.expert_id AND NOT EXISTS (SELECT FROM account o "
        "WHERE o.expert_id = a.expert_id AND o.closed_at IS NULL)))"
    )
    closed = "(SELECT id FROM account WHERE closed_at IS NOT NULL)"
    op.execute(f"DELETE FROM outside_flow WHERE account_id IN {closed}")
    op.execute(f"DELETE FROM external_login WHERE account_id IN {closed}")
    op.execute("UPDATE account SET expert_id = NULL WHERE closed_at IS NOT NULL")


def downgrade() -> None:
    # The older version knows no other state in which a claim was granted and holds no more.
    op.execute("UPDATE claim SET state = 'reverted' WHERE state = 'ended'")
    _allow(_BEFORE)


def _allow(states: str) -> None:
    op.drop_constraint('claim_state', 'claim', type_='check')
    op.create_check_constraint('claim_state', 'claim', f"state IN ({states})")
