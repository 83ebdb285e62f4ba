-- The whole statement text of one session, as far as the server keeps it (track_activity_query_size).
-- Needs: nothing; without pg_monitor the text of other roles is hidden. Serves 11 and later.
-- $1 int4: process. $2 timestamptz: its backend_start, so that a reused process id is not taken for it.
SELECT d.datname::text AS database, pg_get_userbyid(a.usesysid)::text AS role, a.query, a.query_start AS query_start_at,
       octet_length(a.query)::int8 AS size_bytes
FROM pg_stat_get_activity($1) AS a
LEFT JOIN pg_database AS d ON d.oid = a.datid
WHERE a.backend_start = $2
