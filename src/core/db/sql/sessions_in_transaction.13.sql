-- The sessions in a transaction, for servers where most are not: a look at each backend's transaction costs far less
-- than its row in pg_stat_activity does. Sessions outside of one are only counted, but for those asked for by name.
-- Needs: pg_monitor (pg_read_all_stats); without it other roles' transactions do not show.
-- Serves 13 (query_id came with 14).
-- $1 timestamptz, $2 int4[], and the answer: as sessions.sql has them.
-- client: has a database and a role, which background processes lack.
-- CTEs that are read more than once are computed once in every version.
WITH b AS (
  SELECT pg_stat_get_backend_pid(i.id) AS pid, pg_stat_get_backend_xact_start(i.id) IS NOT NULL AS in_transaction,
         pg_stat_get_backend_dbid(i.id) <> 0 AND pg_stat_get_backend_userid(i.id) <> 0 AS client
  FROM pg_stat_get_backend_idset() AS i(id)),
a AS (
  SELECT s.pid, s.datid, s.usesysid, s.application_name, s.client_addr, s.client_port, s.backend_start, s.xact_start,
         s.query_start, s.state_change, s.wait_event_type, s.wait_event, s.state, s.backend_xmin, s.backend_type,
         s.leader_pid,
         CASE WHEN (s.state <> 'idle' AND s.query_start >= $1) OR s.pid = ANY ($2) THEN left(s.query, 1024) END AS query
  FROM (SELECT b.pid FROM b
        WHERE (b.in_transaction OR b.pid = ANY ($2)) AND b.pid <> pg_backend_pid() AND b.pid IS NOT NULL) AS p,
       LATERAL pg_stat_get_activity(p.pid) AS s
  WHERE s.backend_type IN ('client backend', 'parallel worker', 'autovacuum worker', 'walsender') OR s.pid = ANY ($2))
SELECT 0 AS k, NULL::int8 AS n, a.pid, a.datid, a.usesysid, a.application_name AS application,
       CASE WHEN a.client_addr IS NOT NULL THEN host(a.client_addr) WHEN a.client_port = -1 THEN 'local' END AS client,
       CASE WHEN a.client_port >= 0 THEN a.client_port END AS client_port,
       a.backend_start AS backend_start_at, a.xact_start AS xact_start_at, a.query_start AS query_start_at,
       nullif(a.state_change, a.query_start) AS state_change_at, a.wait_event_type AS wait_type, a.wait_event,
       a.state AS raw_state, age(a.backend_xmin)::int8 AS xmin_age,
       CASE a.backend_type WHEN 'client backend' THEN '' ELSE a.backend_type END AS backend_type, a.leader_pid, a.query
FROM a
UNION ALL
SELECT 1, count(*), NULL, NULL::oid, NULL::oid, NULL, NULL, NULL, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
       NULL::timestamptz, NULL, NULL, NULL, NULL, NULL, NULL::int4, NULL
FROM b WHERE b.client AND NOT b.in_transaction AND b.pid <> ALL ($2)
UNION ALL
SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, clock_timestamp(), NULL, NULL, NULL, NULL, NULL, NULL, NULL::int4, NULL
