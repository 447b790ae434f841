"""What a sign-in at its source confirms is shown as that, on pages and in the API."""

from datetime import UTC, datetime

import pytest

from registry.access import claim_decisions, claims
from registry.config import Settings
from registry.db import Database
from tests.accounts import make_account
from tests.claims import ORCID, STEWARD, actor_of, claim, link_orcid, make_lead, with_orcid
from tests.http.sites import make_site


@pytest.mark.parametrize("holds", [True, False])
def test_a_confirmed_id_is_shown_with_how_it_was_while_the_claim_holds(
    database: Database, settings: Settings, holds: bool
) -> None:
    expert_id = make_lead(database, "1", with_orcid())
    account = make_account(database, "khoa")
    link_orcid(database, account)
    agreed, now = ["registry", "publication"], datetime.now(UTC)
    with database.session() as session:
        claim_id = claims.claim_by_orcid(session, actor_of(session, account), agreed, "vi", now).id
    if not holds:
        with database.session() as session:
            claim_decisions.decide(session, STEWARD, claim_id, "revert", "somebody else", now)
        # Held by the right person, who has no ORCID sign-in, it is shown to everybody again.
        claim(database, expert_id, "right", now, tuple(agreed))
    browser = make_site(settings, database).browser()

    page = browser.get(f"/experts/{expert_id}?lang=en")
    (stated,) = (
        s
        for s in browser.get(f"/api/v1/experts/{expert_id}").json()["statements"]
        if s["property"] == "external_id"
    )

    assert page.status_code == 200
    assert ORCID in page.text
    assert ("confirmed by the source" in page.text) is holds
    assert ("by signing in with ORCID" in page.text) is holds
    assert (stated["verification"], stated["verification_method"]) == (
        ("confirmed", "orcid_sign_in") if holds else ("claimed", None)
    )
