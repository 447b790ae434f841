"""What an erasure does with each table, in order; a table that is in neither list fails a test.

Statements of SQL rather than models: the erasure reaches every room's tables, and those of
`matching` are not for this one to import.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from registry.rights.traces import plain_in_sql

ERASED_TEXT: Final = "[erased]"

_HIS = "= ANY(CAST(:people AS uuid[]))"
_ACCOUNTS = "= ANY(CAST(:accounts AS uuid[]))"
_PEOPLE_OF_RUN = "jsonb_path_query_array(result, '$[*].\"expert_id\"')"


def _names_him(expression: str) -> str:
    return f"{plain_in_sql(expression)} LIKE ANY(CAST(:patterns AS text[]))"


def _replaced(key: str, by: str) -> str:
    named = _names_him(f"request->>'{key}'")
    return f"CASE WHEN {named} THEN CAST('{by}' AS jsonb) ELSE '{{}}' END"


@dataclass(frozen=True)
class Step:
    """One statement; what it deletes or empties is counted under `table`.

    It is given: people (his ids), id_texts (the same as texts), accounts, hashes (of his
    passages), patterns (of his names and ids, without marks), now.
    """

    table: str
    sql: str


STEPS: Final = (
    Step("passage", f"DELETE FROM passage WHERE expert_id {_HIS}"),
    Step(
        "text_vector",
        "DELETE FROM text_vector v WHERE text_hash = ANY(CAST(:hashes AS text[])) "
        "AND NOT EXISTS (SELECT FROM passage p WHERE p.text_hash = v.text_hash)",
    ),
    Step("derivation", f"DELETE FROM derivation WHERE expert_id {_HIS}"),
    # What others' rows point to of his, where a merge was undone: the pointer alone goes.
    Step(
        "statement",
        f"UPDATE statement SET superseded_by = NULL WHERE NOT expert_id {_HIS} "
        f"AND superseded_by IN (SELECT id FROM statement WHERE expert_id {_HIS})",
    ),
    Step(
        "statement",
        f"UPDATE statement SET source_record_id = NULL WHERE NOT expert_id {_HIS} "
        f"AND source_record_id IN (SELECT id FROM source_record WHERE expert_id {_HIS})",
    ),
    Step("statement", f"DELETE FROM statement WHERE expert_id {_HIS}"),
    Step("source_record", f"DELETE FROM source_record WHERE expert_id {_HIS}"),
    Step("expert_source", f"DELETE FROM expert_source WHERE expert_id {_HIS}"),
    Step("expert_summary", f"DELETE FROM expert_summary WHERE expert_id {_HIS}"),
    Step("expert_standing", f"DELETE FROM expert_standing WHERE expert_id {_HIS}"),
    Step("item_choice", f"DELETE FROM item_choice WHERE expert_id {_HIS}"),
    Step(
        "identity_judgement",
        "UPDATE identity_judgement SET superseded_by = NULL WHERE superseded_by IN "
        f"(SELECT id FROM identity_judgement WHERE one_id {_HIS} OR other_id {_HIS})",
    ),
    Step(
        "identity_judgement",
        f"DELETE FROM identity_judgement WHERE one_id {_HIS} OR other_id {_HIS}",
    ),
    Step("identity_record", f"DELETE FROM identity_record WHERE expert_id {_HIS}"),
    Step("identity_key", f"DELETE FROM identity_key WHERE expert_id {_HIS}"),
    # That a row was in an import stays; whose it was does not.
    Step(
        "import_row",
        "UPDATE import_row SET expert_id = NULL, source_key = NULL, sealed = NULL, "
        f"matches = '[]', is_chosen = false WHERE expert_id {_HIS}",
    ),
    Step(
        "import_row",
        "UPDATE import_row SET matches = '[]' WHERE jsonb_path_query_array(matches, "
        "'$[*].\"expert_id\"') ?| CAST(:id_texts AS text[])",
    ),
    Step(
        "identity_proposal",
        f"DELETE FROM identity_proposal WHERE one_id {_HIS} OR other_id {_HIS}",
    ),
    Step(
        "change",
        "UPDATE change SET reverted_by = NULL "
        f"WHERE reverted_by IN (SELECT id FROM change WHERE expert_id {_HIS})",
    ),
    Step(
        "change",
        f"DELETE FROM change c WHERE expert_id {_HIS} "
        "AND NOT EXISTS (SELECT FROM statement s WHERE s.change_id = c.id) "
        "AND NOT EXISTS (SELECT FROM statement s WHERE s.closed_by = c.id) "
        "AND NOT EXISTS (SELECT FROM item_choice i WHERE i.change_id = c.id) "
        "AND NOT EXISTS (SELECT FROM item_choice i WHERE i.closed_by = c.id) "
        "AND NOT EXISTS (SELECT FROM source_record r WHERE r.change_id = c.id)",
    ),
    Step(
        "change",
        "UPDATE change SET expert_id = NULL, on_behalf_of = NULL, words = NULL "
        f"WHERE expert_id {_HIS} OR on_behalf_of {_HIS}",
    ),
    Step("contact_event", f"DELETE FROM contact_event WHERE expert_id {_HIS}"),
    Step("disclosure", f"DELETE FROM disclosure WHERE expert_id {_HIS}"),
    Step("consideration", f"DELETE FROM consideration WHERE expert_id {_HIS}"),
    # Somebody may have named him where it was about others.
    Step(
        "disclosure",
        f"UPDATE disclosure SET purpose = '{ERASED_TEXT}' WHERE {_names_him('purpose')}",
    ),
    Step(
        "consideration",
        f"UPDATE consideration SET purpose = '{ERASED_TEXT}' WHERE {_names_him('purpose')}",
    ),
    Step("consent", f"DELETE FROM consent WHERE expert_id {_HIS}"),
    # The deadlines stay, as proof that they were kept.
    Step(
        "rights_request",
        "UPDATE rights_request SET requester = NULL, words = NULL, outcome = NULL, "
        "answered_at = coalesce(answered_at, :now), done_at = coalesce(done_at, :now), "
        "state = CASE WHEN state = 'refused' THEN state ELSE 'done' END "
        f"WHERE expert_id {_HIS}",
    ),
    Step(
        "match_run",
        "UPDATE match_run SET result = (SELECT jsonb_agg(CASE WHEN item->>'expert_id' "
        "= ANY(CAST(:id_texts AS text[])) THEN jsonb_build_object('rank', item->'rank', "
        "'erased', true) ELSE item END ORDER BY place) "
        "FROM jsonb_array_elements(result) WITH ORDINALITY AS t(item, place)) "
        f"WHERE {_PEOPLE_OF_RUN} ?| CAST(:id_texts AS text[])",
    ),
    # One look at all runs: who is searched for by name stands in what was typed.
    Step(
        "match_run",
        "UPDATE match_run SET purpose = CASE WHEN "
        f"{_names_him('purpose')} THEN '{ERASED_TEXT}' ELSE purpose END, request = request || "
        + _replaced("query", f'{{"query": "{ERASED_TEXT}", "readings": []}}')
        + " || "
        + _replaced("purpose", f'{{"purpose": "{ERASED_TEXT}"}}')
        + " WHERE "
        + _names_him("concat_ws(chr(31), purpose, request->>'query', request->>'purpose')"),
    ),
    Step(
        "outside_flow",
        f"DELETE FROM outside_flow WHERE account_id {_ACCOUNTS} OR link_id IN (SELECT id FROM "
        f"access_link WHERE expert_id {_HIS} OR account_id {_ACCOUNTS})",
    ),
    Step(
        "access_link",
        f"DELETE FROM access_link WHERE expert_id {_HIS} OR account_id {_ACCOUNTS}",
    ),
    Step(
        "claim",
        f"DELETE FROM claim WHERE expert_id {_HIS} "
        f"OR (account_id {_ACCOUNTS} AND life_before IS NULL)",
    ),
    # That others' profiles were held before decides how they are claimed again.
    Step("claim", f"UPDATE claim SET words = NULL WHERE account_id {_ACCOUNTS}"),
    Step("delegation", f"DELETE FROM delegation WHERE expert_id {_HIS} OR account_id {_ACCOUNTS}"),
    Step("web_session", f"DELETE FROM web_session WHERE account_id {_ACCOUNTS}"),
    Step("api_token", f"DELETE FROM api_token WHERE account_id {_ACCOUNTS}"),
    Step("external_login", f"DELETE FROM external_login WHERE account_id {_ACCOUNTS}"),
    Step(
        "account_role",
        f"UPDATE account_role SET ended_at = :now WHERE account_id {_ACCOUNTS} "
        "AND ended_at IS NULL",
    ),
    # Its id stays, because acts of the account are in the audit under it.
    Step(
        "account",
        "UPDATE account SET login = 'erased-' || id, display_name = '-', password_hash = NULL, "
        "totp_sealed = NULL, totp_used_step = NULL, expert_id = NULL, language = 'vi', "
        f"closed_at = coalesce(closed_at, :now) WHERE id {_ACCOUNTS}",
    ),
    Step("person_key", f"DELETE FROM person_key WHERE expert_id {_HIS}"),
    Step(
        "expert",
        "UPDATE expert SET life = 'erased', life_since = :now, lives_before = '{}', "
        "canonical_id = NULL, expires_at = NULL, open_to = NULL, is_searchable = false, "
        f"is_published = false, restricted_at = NULL WHERE id {_HIS}",
    ),
)

# What stays of somebody erased, and why.
STAYS: Final[Mapping[str, str]] = {
    "expert": "the id, so that nothing else is ever given it",
    "erasure": "the proof that it happened",
    "audit_entry": "the chain; its details are closed with the person's key",
    "change_log": "the id, by which indexes are told to forget",
    "council_term": "who sat where is the council's record; the id alone is left of the person",
    "rights_request": "the deadlines that were kept",
}

NOTHING_PERSONAL: Final[Mapping[str, str]] = {
    "alembic_version": "the version of the schema",
    "body": "offices",
    "breach": "sealed for the office that handles it; tells numbers, not people",
    "consent_text": "texts that come with the program",
    "corpus_statistics": "sums over all public passages",
    "council": "councils",
    "council_seat": "seats",
    "country": "a taxonomy",
    "database_mark": "the identity of the database",
    "identity_mark": "a place in the change log",
    "import_run": "what was asked of a source; questions name people by ids of the source alone",
    "import_file": "sealed, and deleted with its run or after thirty days",
    "saved_mapping": "headings of lists",
    "organisation": "a taxonomy",
    "programme": "programmes",
    "programme_role": "roles of programmes",
    "requirement_line": "what roles and seats want",
    "research_field": "a taxonomy",
    "service_key": "keys of the service",
    "sign_in_attempt": "keyed digests, swept after a day",
    "strategic_item": "a taxonomy",
    "suppression": "keyed digests, by which no import brings somebody back",
    "topic_group": "a taxonomy",
}

# Tables that hold rows of people: rewritten, so that what was deleted is physically gone.
REWRITTEN: Final = tuple(dict.fromkeys(step.table for step in STEPS))
