"""Words for consents, requests, retention and legal grounds."""

from registry.web.labels.marking import N_

RIGHTS = {
    "consent_purpose": {
        "registry": N_("Keeping your profile and showing it to bodies"),
        "matching": N_("Searches and matching"),
        "council": N_("Seats on councils"),
        "talent_pool": N_("Being remembered when you were not engaged"),
        "publication": N_("A page for everybody"),
        "origin": N_("Your statement about your origin (sensitive data)"),
    },
    "channel": {
        "web": N_("here"),
        "paper": N_("on paper"),
        "email": N_("by e-mail"),
        "phone": N_("by telephone"),
        "in_person": N_("in person"),
    },
    "request_kind": {
        "view": N_("See my data"),
        "correct": N_("Correct my data"),
        "copy": N_("Get a copy of my data"),
        "withdraw": N_("Withdraw all consents"),
        "restrict": N_("Restrict the use of my data"),
        "object": N_("Object to a use of my data"),
        "delete": N_("Erase my data"),
        "complain": N_("Complain"),
    },
    "request_state": {
        "open": N_("not answered yet"),
        "answered": N_("answered, under way"),
        "done": N_("done"),
        "refused": N_("refused"),
    },
    "consideration_outcome": {
        "engaged": N_("engaged"),
        "not_engaged": N_("not engaged"),
    },
    "retention_rule": {
        "lead_expired": N_("People found in a source or invited who did not claim in time"),
        "not_engaged": N_("People considered and not engaged who did not agree to stay"),
        "sign_in_attempt": N_("Failed sign-ins"),
        "web_session": N_("Ended sessions"),
        "outside_flow": N_("Sign-ins broken off at a provider"),
        "access_link": N_("Ended links"),
        "match_run": N_("Stored searches and matches"),
        "rights_request": N_("Words of requests that are done"),
        "never_joined": N_("Accounts that nobody came to use and that are trusted with nothing"),
        "claim": N_("Words of claims that were refused, taken back or ended"),
    },
    "retention_ground": {
        "art_19": N_("Law 91/2025/QH15, Art 19: no ground to keep them without consent"),
        "art_25": N_("Law 91/2025/QH15, Art 25: data of people not engaged are deleted"),
        "own": N_("The registry's own rule: no longer than needed"),
    },
    "contact_kind": {
        "email": N_("E-mail"),
        "phone": N_("Telephone"),
        "address": N_("Address"),
    },
    "shown_to": {
        "public": N_("everybody"),
        "bodies": N_("registered bodies"),
        "named_bodies": N_("named bodies"),
        "council": N_("the council in charge"),
        "stewards": N_("data stewards"),
        "self": N_("you alone"),
    },
    "run_kind": {"search": N_("search"), "role": N_("role of a programme")},
    "legal_ground": {
        "public_record": N_("public record"),
        "ministry_list": N_("ministry list"),
        "invented": N_("invented for the demonstration"),
        "consent": N_("your consent"),
    },
    "own_word": {"accepted": N_("it is yours"), "rejected": N_("it is not yours")},
    # What others changed while somebody had a form open.
    "changed_field": {
        "title": N_("What happened, in a few words"),
        "description": N_("What is known"),
        "measures": N_("What was done about it"),
        "notice": N_("Number of the notice"),
        "people_affected": N_("People concerned"),
        "notified_at": N_("Authority notified"),
        "closed_at": N_("Closed"),
        "name_vi": N_("Vietnamese name"),
        "name_en": N_("English name"),
        "is_active": N_("In use"),
        "life": N_("State"),
        "life_since": N_("In this state since"),
    },
}
