"""The embedded PostgreSQL, for a service that has no DATABASE_URL.

docs/decisions/0001-embedded-postgresql.md gives the reasons.
"""

from registry.postgres.address import SERVICE, EmbeddedServer, connect_url
from registry.postgres.embedded import release, revive, start_embedded

__all__ = ["SERVICE", "EmbeddedServer", "connect_url", "release", "revive", "start_embedded"]
