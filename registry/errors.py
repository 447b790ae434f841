"""Foreseen outcomes: the web layer maps each class to a status, the commands to an exit code."""

from datetime import datetime


class RegistryError(Exception):
    """Base of every foreseen outcome; the message tells the user what to do."""

    code = "registry_error"


class NotFoundError(RegistryError):
    """Nothing with this id exists, or the actor may not know that it does."""

    code = "not_found"


class InvalidInputError(RegistryError):
    """What was given cannot be used; the message names the part and what was expected."""

    code = "invalid_input"


class NotPermittedError(RegistryError):
    """The actor lacks the permission for this act."""

    code = "not_permitted"


class NotSignedInError(RegistryError):
    """Nobody is signed in, or the session or token is no longer valid."""

    code = "not_signed_in"


class SignInTooOldError(RegistryError):
    """Who is signed in has to prove anew that it is he: a browser may have been left open."""

    code = "sign_in_too_old"


class SignInFailedError(RegistryError):
    """Name and password, code or provider's word do not prove who it is; never says which."""

    code = "sign_in_failed"


class TooManyAttemptsError(RegistryError):
    """Too many attempts from there; `retry_after_seconds` says when the next one is taken."""

    code = "too_many_attempts"

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class LinkUnusableError(RegistryError):
    """An invitation or another link is used up, expired, withdrawn or not of this service."""

    code = "link_unusable"


class ChangedMeanwhileError(RegistryError):
    """Somebody else changed it first; `changes` says what, so that nobody overwrites unseen."""

    code = "changed_meanwhile"

    def __init__(self, message: str, changes: list[dict[str, object]] | None = None) -> None:
        super().__init__(message)
        self.changes = tuple(changes or ())


class PreconditionNeededError(RegistryError):
    """A change must say which version it was made on (If-Match)."""

    code = "precondition_needed"


class SecretsError(RegistryError):
    """The keys of the service are missing, too weak, the published example, or the wrong ones."""

    code = "secrets"


class AuditBrokenError(RegistryError):
    """The audit chain does not hold; the message names the first broken link."""

    code = "audit_broken"


class DataFolderError(RegistryError):
    """The data folder cannot be used as it is: wrong owner, newer version, or no room."""

    code = "data_folder"


class BusyError(RegistryError):
    """Another process holds what this one needs (data folder, port, load); try again later."""

    code = "busy"


class DatabaseUnavailableError(RegistryError):
    """The database does not start or does not answer."""

    code = "database_unavailable"


class ModelError(RegistryError):
    """The embedding model is missing, damaged, or not the one that the data was made with."""

    code = "model"


class IndexFormatError(RegistryError):
    """A stored index is of another model, dimension or format, and was refused."""

    code = "index_format"


class ImportRefusedError(RegistryError):
    """A file was refused as a whole; `problems` says where, what was found, what was expected."""

    code = "import_refused"

    def __init__(self, message: str, problems: list["Problem"] | None = None) -> None:
        super().__init__(message)
        self.problems = tuple(problems or ())


class SourceRefusedError(RegistryError):
    """An outside source will not answer this, or answers with something that cannot be read."""

    code = "source_refused"


class SourceLaterError(RegistryError):
    """An outside source cannot be asked now; `until` says when, where that is known."""

    code = "source_later"

    def __init__(self, message: str, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class CancelledError(RegistryError):
    """Somebody stopped the work; what was done is kept, and it can be taken up again."""

    code = "cancelled"


class Problem:
    """One reason why a file was refused.

    Args:
        where: Row and column, line, or JSON path: as a person would look for it.
        found: What stands there, shortened.
        expected: What should stand there.
    """

    def __init__(self, where: str, found: str, expected: str) -> None:
        self.where, self.found, self.expected = where, found, expected

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}, expected {self.expected}"
