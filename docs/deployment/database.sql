-- Run by the image once, as superuser, when the cluster is new.
-- The service owns its database and nothing else: a superuser could run programs on the server.
-- pgvector is made here, because only a superuser may.
\getenv password POSTGRES_REGISTRY_PASSWORD
CREATE ROLE registry LOGIN PASSWORD :'password';
ALTER DATABASE registry OWNER TO registry;
CREATE EXTENSION vector;
