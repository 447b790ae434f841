"""Master keys: where they come from, and how they wrap the keys that data are encrypted under.

A master key encrypts nothing but data keys (envelope encryption), so that changing it means
wrapping some thousand short keys again, and no data.
"""

import base64
import binascii
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.errors import DataFolderError, SecretsError

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_NAME = re.compile(r"[a-z0-9-]{1,20}")
# What the documentation shows: whoever copies it would lock the data with a published key.
EXAMPLE_KEY: Final = base64.b64encode(bytes(range(KEY_BYTES))).decode()

Environment = Literal["development", "production"]


def encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """AES-256-GCM: nonce, then ciphertext and tag (NIST SP 800-38D).

    Args:
        key: 32 bytes.
        bound_to: What the ciphertext belongs to; moved elsewhere, it does not open.
    """
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """What `encrypt` was given.

    Raises:
        SecretsError: Another key, changed bytes, or bound to something else.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
    except InvalidTag as exc:
        raise SecretsError(
            "what is encrypted does not open with this key; REGISTRY_SECRET_KEYS must hold the "
            "keys that the data were written with"
        ) from exc


@dataclass(frozen=True)
class MasterKey:
    """A key with the name under which wrapped keys refer to it."""

    name: str
    key: bytes


@dataclass(frozen=True)
class MasterKeys:
    """All master keys; the first wraps, all unwrap."""

    keys: tuple[MasterKey, ...]

    @property
    def current(self) -> str:
        """Name of the key that wraps what is new."""
        return self.keys[0].name

    def wrap(self, data_key: bytes, bound_to: bytes) -> tuple[str, bytes]:
        """A data key under the current master key: its name, and the wrapped key."""
        first = self.keys[0]
        return first.name, encrypt(first.key, data_key, bound_to)

    def unwrap(self, name: str, wrapped: bytes, bound_to: bytes) -> bytes:
        """The data key.

        Raises:
            SecretsError: The master key of that name is not among these, or is another one.
        """
        for master in self.keys:
            if master.name == name:
                return decrypt(master.key, wrapped, bound_to)
        raise SecretsError(
            f"the master key {name!r} is missing; add it to REGISTRY_SECRET_KEYS again until "
            "`registry ops rotate-keys` has run"
        )


def read_master_keys(text: str) -> MasterKeys:
    """Keys as the environment gives them: `name:base64`, separated by commas, newest first.

    Raises:
        SecretsError: Of another form, too short, named twice, or the key of the documentation.
    """
    form = (
        "REGISTRY_SECRET_KEYS must be name:key, newest first, separated by commas; each key is "
        "32 random bytes in base64 (`openssl rand -base64 32`)"
    )
    keys: list[MasterKey] = []
    for part in text.split(","):
        name, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as exc:
            raise SecretsError(form) from exc
        if not _NAME.fullmatch(name) or len(key) != KEY_BYTES:
            raise SecretsError(form)
        if encoded == EXAMPLE_KEY or len(set(key)) < KEY_BYTES // 4:
            raise SecretsError(
                f"the key {name!r} in REGISTRY_SECRET_KEYS is the published example or no random "
                "key; make one with `openssl rand -base64 32`"
            )
        keys.append(MasterKey(name, key))
    if len({master.name for master in keys}) < len(keys):
        raise SecretsError("two keys in REGISTRY_SECRET_KEYS have one name")
    return MasterKeys(tuple(keys))


def find_master_keys(given: str | None, environment: Environment, folder: Path) -> MasterKeys:
    """The keys of the environment or, in development, a key of this data folder's own.

    Raises:
        SecretsError: In production, none are given.
        DataFolderError: The folder cannot hold a key.
    """
    if given:
        return read_master_keys(given)
    if environment == "production":
        raise SecretsError(
            "REGISTRY_SECRET_KEYS is not set; outside development the service does not run with a "
            "key that lies beside the data. Make one: name:$(openssl rand -base64 32)"
        )
    return MasterKeys((MasterKey("development", _own_key(folder / "development-key")),))


def _own_key(path: Path) -> bytes:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)))
            file.flush()
            os.fsync(descriptor)
        try:
            # Of two processes that start at once, one makes the key and both read it.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        key = base64.b64decode(path.read_bytes(), validate=True)
    except (OSError, binascii.Error) as exc:
        raise DataFolderError(
            f"the key of this data folder, {path}, cannot be made or read; restore it from a "
            "backup of the folder, or give its rights to the user who runs the service"
        ) from exc
    if len(key) != KEY_BYTES:
        raise DataFolderError(f"the key {path} is damaged; restore it from a backup of the folder")
    return key
