-- Names of roles and databases by oid.
-- Needs: nothing. Serves 11 and later.
-- $1 oid[]: roles. $2 oid[]: databases. k = 1: a role.  2: a database. A role that is gone reads unknown (OID=n).
SELECT 1 AS k, r.oid, pg_get_userbyid(r.oid)::text AS name FROM unnest($1) AS r (oid)
UNION ALL
SELECT 2, d.oid, d.datname::text FROM pg_database AS d WHERE d.oid = ANY ($2)
