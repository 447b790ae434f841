-- Run by the image once, as superuser, when the cluster is new.
-- `registry` owns the tables and is used for migrations and backups alone. The service works as
-- `registry_service`, which owns nothing: what it may only add to, it cannot change.
-- pgvector is made here, because only a superuser may.
\getenv owner_password POSTGRES_REGISTRY_PASSWORD
\getenv service_password POSTGRES_SERVICE_PASSWORD
CREATE ROLE registry LOGIN PASSWORD :'owner_password';
CREATE ROLE registry_service LOGIN PASSWORD :'service_password';
ALTER DATABASE registry OWNER TO registry;
REVOKE ALL ON DATABASE registry FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE registry TO registry_service;
CREATE EXTENSION vector;
