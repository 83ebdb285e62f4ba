-- May this role connect to a database? Asked before trying, so that nothing is refused.
-- Needs: nothing. Serves 11 and later. $1 text: its name. No row: there is none of this name.
SELECT d.datallowconn AND has_database_privilege(d.oid, 'CONNECT') AS allowed
FROM pg_database AS d
WHERE d.datname = $1
