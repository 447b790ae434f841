"""What this folder tells people when something fails.

The texts are English; pages look their translation up by the text itself, so that a service
raises one message and both doors show it. Where a message must not tell two cases apart, both
cases name the same constant here.
"""

from collections.abc import Mapping
from typing import Final


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation and leave it as it is."""
    return text


# One text for an unknown name, a wrong password, a closed account and one without a password.
SIGN_IN_FAILED: Final = N_("The name and the password do not fit together. Check both.")
CODE_WRONG: Final = N_("This code is not right or was used before. Type the newest one.")
START_AGAIN: Final = N_("The sign-in took too long. Start again with name and password.")
TOO_MANY: Final = N_("Too many attempts. Wait a while before you try again.")
PASSWORD_WRONG: Final = N_("The current password is not right.")
# One text for every way in which a link can be of no use.
LINK_UNUSABLE: Final = N_(
    "This link was used before, has expired, was withdrawn or is incomplete. Ask whoever sent it "
    "for a new one."
)

PASSWORD_SHORT: Final = N_("A password has at least 12 characters. Several words make a good one.")
PASSWORD_LONG: Final = N_("A password has at most 200 characters.")
PASSWORD_COMMON: Final = N_("Many people use a password like this one. Choose a rarer one.")
PASSWORD_IS_NAME: Final = N_("The password must not be your name. Choose another one.")
# One text for pages and programs' answers; a page shows the way to sign in again beside it.
SIGN_IN_AGAIN: Final = N_(
    "This needs a sign-in of the last 15 minutes. Sign in again, then repeat it."
)
NOT_BY_TOKEN: Final = N_("A program cannot do this with a token. Sign in and do it yourself.")

PASSWORDS_DIFFER: Final = N_("The two passwords differ. Type the same one twice.")

NAME_WRONG: Final = N_("Write the name to be shown with 1 to 100 characters.")
LANGUAGE_WRONG: Final = N_("Choose Vietnamese or English.")
LOGIN_FORM: Final = N_(
    "A sign-in name has 3 to 64 characters: letters without marks, digits, and . _ @ + - inside."
)
LOGIN_TAKEN: Final = N_("Another account has this sign-in name. Choose another one.")
CODES_ON: Final = N_("One-time codes are on already. Turn them off first.")
CODES_NEED_PASSWORD: Final = N_("Set a password first: the codes are asked for after it.")
CODES_NOT_BEGUN: Final = N_("Start setting up one-time codes again.")

TOKEN_NAME: Final = N_("Give the token a name of 1 to 100 characters.")
TOKEN_DAYS: Final = N_("A token is valid for 1 to 366 days.")
TOKEN_SCOPES: Final = N_("Choose at least one thing that the token may do.")

BODY_CODE: Final = N_("The code of a body has 2 to 40 characters: a to z, digits and hyphens.")
STALE_BODY: Final = N_("Somebody has changed this body since you opened it.")
BODY_TAKEN: Final = N_("Another body has this code. Choose another one.")
BODY_NAMES: Final = N_("Write both names of the body with 1 to 200 characters.")
BODY_UNKNOWN: Final = N_("Choose an active body from the list.")
ROLE_UNKNOWN: Final = N_("Choose a role from the list.")
ROLE_NEEDS_BODY: Final = N_("Recruiters and secretaries work for a body. Choose one.")
ROLE_OTHER_BODY: Final = N_(
    "This account works for another body. End its role there first, or invite a second account."
)
LAST_ADMINISTRATOR: Final = N_(
    "This is the last administrator who can sign in. Make somebody else administrator first."
)
ACCOUNT_CHANGED: Final = N_("The account has changed meanwhile. Look at it again, then repeat it.")
OWN_ROLES: Final = N_(
    "Nobody gives a role to himself. Ask another administrator, or use the command line."
)
OWN_LINK: Final = N_(
    "Nobody makes such a link for himself. Change your own password on your account page, or ask "
    "another administrator."
)
RECOVERY_AT_MACHINE: Final = N_(
    "Codes of an administrator or auditor are turned off at the command line only, also within 30 "
    "days after the role has ended. Ask whoever runs this service."
)
TOO_MANY_NAMES: Final = N_(
    "Too many sign-in names that could not be used. Ask the person for the name, and try again "
    "tomorrow."
)
LAST_WAY_IN: Final = N_("This is your only way to sign in. Set a password or link another first.")

# Why a sign-in through a provider led nowhere, by the code that an address may carry.
OUTSIDE: Final[Mapping[str, str]] = {
    "failed": N_("The sign-in through the provider did not succeed. Try again."),
    "cancelled": N_("The sign-in was broken off at the provider. Nothing has changed."),
    "again": N_("This sign-in was begun too long ago or in another browser. Start again."),
    "unknown": N_(
        "No account here belongs to you at this provider. Ask an administrator for an invitation; "
        "if you have an account, sign in to it and link the provider on your account page."
    ),
    "closed": N_("This account is closed. Ask an administrator."),
    "taken": N_("Another account is linked to you at this provider. Unlink it there first."),
    "unlinked": N_(
        "Your account is no longer linked to this provider. Sign in with name and password, and "
        "link it again on your account page."
    ),
    "link": LINK_UNUSABLE,
}
