"""When what is stated is confirmed by its own source, and how a statement tells so. Pure.

So far one source vouches for a fact here: ORCID, for an iD with which the person signs in. That a
list came from a ministry proves nothing of the kind: whoever loads it names its source himself,
and no list says for which of its columns the ministry decides and which it has copied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from registry.errors import InvalidInputError
from registry.experts.schemas import Verification
from registry.ids import parse_orcid

ORCID_SIGN_IN: Final = "orcid_sign_in"

# Of a statement that nobody has verified in any way.
UNVERIFIED: Final[Mapping[str, Any]] = {
    "verification": Verification.CLAIMED.value,
    "verified_by": None,
    "verified_at": None,
    "verification_method": None,
    "verification_document": None,
}


@dataclass(frozen=True)
class Proved:
    """What the holder of a profile has proved by signing in.

    Args:
        account: Id of his account.
        orcids: Bare iDs.
    """

    account: str
    orcids: frozenset[str]


def proof_of(
    proved: Proved | None, property_name: str, value: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """Columns of a statement that the holder's sign-in confirms; none when it does not.

    Args:
        value: As stored; an iD is often given as its address.
    """
    if proved is None or property_name != "external_id" or value.get("scheme") != "orcid":
        return {}
    try:
        stated = parse_orcid(str(value.get("value")))
    except InvalidInputError:
        # Stored before iDs were checked: it is nobody's.
        return {}
    if stated not in proved.orcids:
        return {}
    return {
        **UNVERIFIED,
        "verification": Verification.CONFIRMED.value,
        "verified_by": proved.account,
        "verified_at": at,
        "verification_method": ORCID_SIGN_IN,
    }
