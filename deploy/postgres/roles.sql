-- One database per service, and in each a role that migrates (owner) and a weaker one that runs (app).
--
-- For psql as a superuser, as often as you like: what exists stays, passwords are set anew. Passwords come
-- from the environment (REGISTRY_OWNER_PASSWORD, REGISTRY_APP_PASSWORD and so on), never from this file.
-- What the running role may do with a table is granted beside that table, in its migration.
\set ON_ERROR_STOP on
\set QUIET on

\getenv registry_owner REGISTRY_OWNER_PASSWORD
\getenv registry_app REGISTRY_APP_PASSWORD
\getenv cases_owner CASES_OWNER_PASSWORD
\getenv cases_app CASES_APP_PASSWORD
\getenv job_orders_owner JOB_ORDERS_OWNER_PASSWORD
\getenv job_orders_app JOB_ORDERS_APP_PASSWORD
\getenv gateway_owner GATEWAY_OWNER_PASSWORD
\getenv gateway_app GATEWAY_APP_PASSWORD

CREATE TEMPORARY TABLE wanted_roles (position int, role name, password text);
INSERT INTO wanted_roles VALUES
    (1, 'registry_owner', :'registry_owner'),
    (2, 'registry_app', :'registry_app'),
    (3, 'cases_owner', :'cases_owner'),
    (4, 'cases_app', :'cases_app'),
    (5, 'job_orders_owner', :'job_orders_owner'),
    (6, 'job_orders_app', :'job_orders_app'),
    (7, 'gateway_owner', :'gateway_owner'),
    (8, 'gateway_app', :'gateway_app');
CREATE TEMPORARY TABLE wanted_databases (database name);
INSERT INTO wanted_databases VALUES ('registry'), ('cases'), ('job_orders'), ('gateway');

SELECT format('CREATE ROLE %I', role) FROM wanted_roles
WHERE role NOT IN (SELECT rolname FROM pg_roles) ORDER BY position
\gexec

SELECT format(
    'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L', role, password
) FROM wanted_roles ORDER BY position
\gexec

-- A superuser that is none (a managed server) must be a member of a role to give it a database.
SELECT format('GRANT %I TO CURRENT_USER', database || '_owner') FROM wanted_databases
WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = CURRENT_USER)
\gexec

SELECT format('CREATE DATABASE %I OWNER %I', database, database || '_owner') FROM wanted_databases
WHERE database NOT IN (SELECT datname FROM pg_database)
\gexec

-- Nobody enters a database but its own two roles; the schema `public` belongs to the owner of the database.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', database) FROM wanted_databases
UNION ALL
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', database, database || '_app') FROM wanted_databases
UNION ALL
SELECT format('ALTER DATABASE %I SET timezone TO ''UTC''', database) FROM wanted_databases
\gexec

DROP TABLE wanted_roles, wanted_databases;
