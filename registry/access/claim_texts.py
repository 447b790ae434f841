"""What claims, delegates and moves of life tell people when something cannot be done.

The texts are English; pages look their translation up by the text itself.
"""

from typing import Final

from registry.access.words import N_

HAS_PROFILE: Final = N_(
    "This account has a profile already. Sign in with the account that is to hold this one."
)
NOT_AGREED: Final = N_(
    "A profile can be kept only with your consent. Agree to be kept in the registry, or leave."
)
HELD: Final = N_(
    "Another account holds this profile. Contest that: a data steward will look at it."
)
NOT_CLAIMABLE: Final = N_("This profile cannot be claimed now. Ask a data steward.")
OWN_LINK: Final = N_("You made this link yourself. Whoever it is for has to use it.")
LINK_DEAD: Final = N_("This profile can no longer be claimed. Ask whoever sent you the link.")
JOINED_ALREADY: Final = N_(
    "An account was made with this link already. Sign in with it, or ask for a new link."
)
NO_ORCID: Final = N_("Your account is not linked to ORCID. Link it on your account page first.")
ORCID_UNKNOWN: Final = N_(
    "No profile gives your ORCID iD. Ask for a profile in your own words instead."
)
OPEN_ALREADY: Final = N_("You have a claim that waits for a data steward. Wait for the decision.")
SOUGHT_MISSING: Final = N_("Say which profile is yours, in 1 to 500 characters.")
WORDS_MISSING: Final = N_("Say why, in 1 to 4,000 characters.")
ADDRESS_MISSING: Final = N_("Write whom the invitation goes to, in 1 to 500 characters.")
NO_HOLDER: Final = N_("No account holds this profile, so that there is nothing to contest.")
OWN_CLAIM: Final = N_("This profile is your own account's. Ask a data steward to take it back.")
CONTESTED_ALREADY: Final = N_("You have contested this already. A data steward will look at it.")
NOTHING_NEW: Final = N_(
    "A data steward has decided that this profile is its holder's. Say in a sentence what is new "
    "since then, or wait until 30 days after the decision."
)
CONTESTS_WAIT: Final = N_(
    "Five profiles that you contest wait for a data steward. Wait until one of them is decided."
)
DECIDE_OTHERS: Final = N_("You cannot decide about a claim of your own. Ask another data steward.")
DECIDED_ALREADY: Final = N_("Somebody has decided about this claim meanwhile. Look at it again.")
FOLLOWED: Final = N_("Somebody else was granted this profile since; what he did there stays his.")
DECISION_MISSING: Final = N_("Choose what you decide.")
PROFILE_MISSING: Final = N_("Name the profile that the claimant is to hold by its address or id.")
CONTESTED: Final = N_(
    "Somebody says that this profile is not yours. Until a data steward has decided, you cannot "
    "change this."
)

NO_SUCH_ACCOUNT: Final = N_("No account has this name. Ask the person how he signs in.")
OWN_ACCOUNT: Final = N_("This is your own account. Name somebody else.")
NO_SECTION: Final = N_("Choose at least one section that the delegate keeps.")
TOO_LONG: Final = N_("A delegate is named for 1 to 365 days.")
TOO_MANY_DELEGATES: Final = N_(
    "You can have 10 delegates at a time, and name 20 in a day. End one of them, or wait a day."
)

CONSENT_FIRST: Final = N_(
    "You withdrew your consent. Agree to be kept in the registry again, and the profile is back."
)
HELD_BY_SOMEBODY: Final = N_(
    "An account holds this profile. Take its claim back instead, which undoes what it did as well."
)
BY_CLAIM_ONLY: Final = N_("A profile becomes claimed when the person claims it. Invite him.")
BY_INVITATION_ONLY: Final = N_("A profile becomes invited when an invitation is made.")
BY_MERGE_ONLY: Final = N_(
    "Profiles are merged and parted where it is decided who is the same person."
)
STALE_LIFE: Final = N_("Somebody has moved this profile since you opened it.")
CHOOSE_LIFE: Final = N_("Choose what the profile is to become.")
CHOOSE_BODY: Final = N_("Choose the body for which he looks.")
CHOOSE_SECTIONS: Final = N_("Choose the sections that the delegate keeps.")
