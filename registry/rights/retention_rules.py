"""How long what is kept, and on which ground. Pure.

Source: Law 91/2025/QH15, Art 19 and 25, in force 1 January 2026. No article names a number of
days: those here are the registry's own promise.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

Kind = Literal["people", "accounts", "rows"]

# Art 19: without consent there is no general ground to keep a profile; Art 25: data of people who
# were considered and not engaged are deleted, unless they agreed otherwise; or no law names a
# time, and it is kept no longer than its purpose needs.
Ground = Literal["art_19", "art_25", "own"]

NOT_ENGAGED_DAYS: Final = 30
SESSION_DAYS: Final = 90
LINK_DAYS: Final = 90
ATTEMPT_DAYS: Final = 1
# Who ranked whom for what can be asked about as long as an appointment can be contested.
RUN_DAYS: Final = 3 * 365
REQUEST_DAYS: Final = 3 * 365
# A link that nobody opened within a week is seldom asked for again after a month.
NEVER_JOINED_DAYS: Final = 30
# Who was refused or parted from a profile can ask why for a year.
CLAIM_DAYS: Final = 365
# A list that nobody has looked at for a month is asked for anew.
IMPORT_DAYS: Final = 30


@dataclass(frozen=True)
class Rule:
    """One rule.

    Args:
        kind: 'people' are erased and 'accounts' closed without a name left, each in a transaction
            of its own; 'rows' are deleted or emptied.
        days: How long after its end; what the end is, stands in the rule's query.
    """

    code: str
    kind: Kind
    days: int
    ground: Ground

    def until(self, now: datetime) -> datetime:
        """What ended at this moment or earlier goes."""
        return now - timedelta(days=self.days)


RULES: Final = (
    Rule("lead_expired", "people", 0, "art_19"),
    Rule("not_engaged", "people", NOT_ENGAGED_DAYS, "art_25"),
    # Before the links, whose end it counts from.
    Rule("never_joined", "accounts", NEVER_JOINED_DAYS, "own"),
    Rule("sign_in_attempt", "rows", ATTEMPT_DAYS, "own"),
    Rule("web_session", "rows", SESSION_DAYS, "own"),
    Rule("outside_flow", "rows", 0, "own"),
    Rule("access_link", "rows", LINK_DAYS, "own"),
    Rule("match_run", "rows", RUN_DAYS, "own"),
    Rule("rights_request", "rows", REQUEST_DAYS, "own"),
    Rule("claim", "rows", CLAIM_DAYS, "own"),
    Rule("import_row", "rows", IMPORT_DAYS, "own"),
    Rule("import_file", "rows", IMPORT_DAYS, "own"),
)
