-- One scan of pg_stat_activity: the sessions that do something, and counts of the rest.
-- Needs: nothing; without pg_monitor (pg_read_all_stats) what other roles do is NULL.
-- Serves 11 and 12 (leader_pid came with 13, query_id with 14).
-- $1 timestamptz: statement texts are sent only for statements that began at or after it.
-- $2 int4[]: sessions that are sent, with their text, whatever they do.
-- $3 bool: also idle sessions and background processes.
-- k = 0: a session.  1: n idle client backends that are not sent.  2: the server's clock, in query_start_at.
-- The CTE is read more than once, so it is computed once in every version.
WITH a AS (
  SELECT s.pid, s.datid, s.usesysid, s.application_name, s.client_addr, s.client_port, s.backend_start, s.xact_start,
         s.query_start, s.state_change, s.wait_event_type, s.wait_event, s.state, s.backend_xmin, s.backend_type,
         CASE WHEN (s.state <> 'idle' AND s.query_start >= $1) OR ($3 AND s.query_start >= $1) OR s.pid = ANY ($2)
              THEN left(s.query, 1024) END AS query,
         $3 OR s.state IS DISTINCT FROM 'idle' OR s.pid = ANY ($2) OR s.backend_type <> 'client backend'
           OR starts_with(s.application_name, 'auroratop ') AS shown
  FROM pg_stat_get_activity(NULL) AS s
  WHERE s.pid <> pg_backend_pid()
    AND ($3 OR s.backend_type IN ('client backend', 'parallel worker', 'autovacuum worker', 'walsender')
         OR (s.backend_type IS NULL AND s.datid IS NOT NULL) OR s.pid = ANY ($2)))
SELECT 0 AS k, NULL::int8 AS n, a.pid, a.datid, a.usesysid, a.application_name AS application,
       CASE WHEN a.client_addr IS NOT NULL THEN host(a.client_addr) WHEN a.client_port = -1 THEN 'local' END AS client,
       CASE WHEN a.client_port >= 0 THEN a.client_port END AS client_port,
       a.backend_start AS backend_start_at, a.xact_start AS xact_start_at, a.query_start AS query_start_at,
       a.state_change AS state_change_at, a.wait_event_type AS wait_type, a.wait_event, a.state AS raw_state,
       age(a.backend_xmin)::int8 AS xmin_age, a.backend_type, a.query
FROM a WHERE a.shown
UNION ALL
SELECT 1, count(*), NULL, NULL::oid, NULL::oid, NULL, NULL, NULL, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
       NULL::timestamptz, NULL, NULL, NULL, NULL, NULL, NULL
FROM a WHERE NOT a.shown
UNION ALL
SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, clock_timestamp(), NULL, NULL, NULL, NULL, NULL, NULL, NULL
