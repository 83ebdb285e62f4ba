-- One scan of pg_stat_activity: the sessions that do something, and counts of the rest.
-- Needs: nothing; without pg_monitor (pg_read_all_stats) what other roles do is NULL.
-- Serves 14 and later.
-- $1 timestamptz: statement texts are sent only for statements that began at or after it.
-- $2 int4[]: sessions that are sent, with their text, whatever they do.
-- $3 bool: also idle sessions and background processes.
-- Left out where it is nearly always the same: backend_type is '' for a client backend, state_change_at NULL where it is
-- query_start_at.
-- k = 0: a session.  1: n processes with a database and a role; without n a background worker that is one of them
-- (pg_cron, logical replication).  2: the server's clock, in query_start_at.
-- Less the rows that have both, n is the number of client backends that are not sent. So nothing is kept of those. In a
-- CTE, which could count them, it would be: a quarter of the cost, or half where the memory goes back to the system
-- after every statement.
SELECT CASE WHEN s.listed THEN 0 ELSE 1 END AS k, NULL::int8 AS n, s.pid, s.datid, s.usesysid, s.application_name AS application,
       CASE WHEN s.client_addr IS NOT NULL THEN host(s.client_addr) WHEN s.client_port = -1 THEN 'local' END AS client,
       CASE WHEN s.client_port >= 0 THEN s.client_port END AS client_port,
       s.backend_start AS backend_start_at, s.xact_start AS xact_start_at, s.query_start AS query_start_at,
       nullif(s.state_change, s.query_start) AS state_change_at, s.wait_event_type AS wait_type, s.wait_event,
       s.state AS raw_state, age(s.backend_xmin)::int8 AS xmin_age,
       CASE s.backend_type WHEN 'client backend' THEN '' ELSE s.backend_type END AS backend_type, s.leader_pid, s.query_id,
       CASE WHEN (s.state <> 'idle' AND s.query_start >= $1) OR ($3 AND s.query_start >= $1) OR s.pid = ANY ($2)
            THEN left(s.query, 1024) END AS query
FROM (SELECT *, $3 OR backend_type IN ('client backend', 'parallel worker', 'autovacuum worker', 'walsender')
                OR (backend_type IS NULL AND datid IS NOT NULL) OR pid = ANY ($2) AS listed
      FROM pg_stat_get_activity(NULL)) AS s
WHERE s.pid <> pg_backend_pid()
  AND ($3 OR s.state IS DISTINCT FROM 'idle' OR s.pid = ANY ($2) OR s.backend_type <> 'client backend'
       OR starts_with(s.application_name, 'auroratop '))
  AND (s.listed OR (s.datid IS NOT NULL AND s.usesysid IS NOT NULL))
UNION ALL
SELECT 1, count(*), NULL, NULL::oid, NULL::oid, NULL, NULL, NULL, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
       NULL::timestamptz, NULL, NULL, NULL, NULL, NULL, NULL::int4, NULL::int8, NULL
FROM pg_stat_get_backend_idset() AS i(id)
WHERE pg_stat_get_backend_dbid(i.id) <> 0 AND pg_stat_get_backend_userid(i.id) <> 0
  AND pg_stat_get_backend_pid(i.id) <> pg_backend_pid()
UNION ALL
SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, clock_timestamp(), NULL, NULL, NULL, NULL, NULL, NULL, NULL::int4, NULL::int8, NULL
