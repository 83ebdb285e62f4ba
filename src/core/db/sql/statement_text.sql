-- The normalised text of one statement, with whom and where it ran.
-- Needs: pg_stat_statements in $SCHEMA$ (statement_view.sql), which is put in as a quoted identifier. Serves 11 and later.
-- $1 int8: query id. $2 text: database, '' = any. $3 text: role, '' = any.
SELECT s.query, d.datname::text AS database, pg_get_userbyid(s.userid)::text AS role,
       octet_length(s.query)::int8 AS size_bytes
FROM $SCHEMA$.pg_stat_statements AS s
JOIN pg_database AS d ON d.oid = s.dbid
WHERE s.queryid = $1 AND ($2 = '' OR d.datname = $2) AND ($3 = '' OR pg_get_userbyid(s.userid) = $3)
ORDER BY s.calls DESC
LIMIT 1
