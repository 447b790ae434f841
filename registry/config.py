"""Settings, read once from the environment and passed on; nothing else reads the environment."""

import hashlib
import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_data_folder(here: Path | None = None) -> Path:
    """`data` in the current folder, or for root below a closed folder one under /var/lib.

    PostgreSQL never runs as root: its own account must be able to pass every folder above the
    data, and a home folder of root is closed to it. No folder is opened to make it fit.
    """
    here = (here or Path.cwd()).resolve()
    closed = any(not folder.stat().st_mode & 0o001 for folder in (here, *here.parents))
    if os.geteuid() == 0 and closed:
        name = hashlib.sha256(str(here).encode()).hexdigest()[:12]
        return Path("/var/lib/expert-registry") / name
    return here / "data"


class Settings(BaseSettings):
    """All settings, each with the environment variable REGISTRY_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="REGISTRY_", env_ignore_empty=True, extra="ignore")

    data_folder: Path = Field(
        default_factory=default_data_folder,
        description="Embedded database, written-out model and indexes live here.",
    )
    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="Use this PostgreSQL (with pgvector) instead of the embedded one.",
    )
    owner_url: str | None = Field(
        default=None,
        description="The role that owns the tables, for migrations only; DATABASE_URL then names "
        "one that owns nothing.",
    )
    owner_password: str | None = Field(
        default=None, description="Password for REGISTRY_OWNER_URL, when it has none.", repr=False
    )
    environment: Literal["development", "production"] = Field(
        default="development",
        description="Production demands secrets from the environment and HTTPS.",
    )
    secret_keys: str | None = Field(
        default=None,
        description="Master keys, newest first: name:base64 of 32 bytes, separated by commas.",
        repr=False,
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        pattern=r"^https?://[^/?#\s]+$",
        description="Where people reach the service: what links and sign-in return to.",
    )
    identity_providers: str | None = Field(
        default=None,
        description="OpenID Connect providers of ministries, and ORCID, as JSON.",
        repr=False,
    )
    session_hours: int = Field(
        default=12, ge=1, le=24 * 30, description="A session ends after so many hours."
    )
    contact_address: str | None = Field(
        default=None,
        description="E-mail address of whoever keeps the registry; told to Crossref when asked.",
    )
    openalex_key: str | None = Field(
        default=None, description="Key to OpenAlex; without one, little may be asked.", repr=False
    )
    semantic_scholar_key: str | None = Field(
        default=None, description="Key to Semantic Scholar.", repr=False
    )
    orcid_token: str | None = Field(
        default=None,
        description="Token to read public records of ORCID with, for its higher quota.",
        repr=False,
    )
    source_addresses: dict[str, str] = Field(
        default={},
        description='Where sources are asked instead, as JSON by name: {"openalex": "http://..."}; '
        "for a mirror inside the network.",
    )
    model: str = Field(
        default="bundled",
        description="'bundled', or the folder or name of any sentence-transformers model.",
    )
    encoder_threads: int = Field(default=2, ge=1, le=64, description="Threads per encoding.")
    host: str = Field(default="127.0.0.1", description="Address that `registry serve` binds.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port that it binds.")
    allowed_hosts: str = Field(
        default="localhost,127.0.0.1,[::1]",
        description="Host names that browsers may call the service by, separated by commas.",
    )
    lexical_weight_same: float = Field(
        default=0.3,
        ge=0,
        le=2,
        allow_inf_nan=False,
        description="Weight of words within one language.",
    )
    lexical_weight_cross: float = Field(
        default=0.1,
        ge=0,
        le=2,
        allow_inf_nan=False,
        description="Weight of words across languages.",
    )

    pooling: Literal["mean", "top3", "top2", "max"] = Field(
        default="top3", description="How a person's pieces of evidence make one score."
    )

    @property
    def models_folder(self) -> Path:
        return self.data_folder.resolve() / "models"

    @property
    def index_folder(self) -> Path:
        return self.data_folder.resolve() / "index"

    @property
    def postgres_folder(self) -> Path:
        return self.data_folder.resolve() / "postgres"
