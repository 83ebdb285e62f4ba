-- Names of relations that locks are on; asked once for those not known yet, again after a minute.
-- Needs: nothing (pg_class and pg_namespace may be read by all). Serves 11 and later.
-- $1 oid[]: relations of this database, or shared ones.
SELECT c.oid, c.relkind, quote_ident(n.nspname::text) || '.' || quote_ident(c.relname::text) AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1)
