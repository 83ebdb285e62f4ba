-- Who several signals would reach, and whether they may; a row for each of them that is still there.
-- Needs: nothing; without pg_monitor the state and text of other roles are hidden. Serves 11 and later (leader_pid came
-- with 13 and is read by name). Of those that wait, at most 20 are asked whom for.
-- $1 int4[]: processes. $2 int8[]: their backend_start in microseconds since 1970, in the same order, so that a reused
-- process id is not taken for it.
SELECT w.n, a.pid, a.usename::text AS role, a.datname::text AS database, a.application_name AS application, a.state,
       a.backend_type, (to_jsonb(a) ->> 'leader_pid')::int4 AS leader_pid, a.query_start AS query_start_at,
       (extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.state_change, a.backend_start)) * 1000000)::int8 AS xact_us,
       EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.usesysid AND r.rolsuper) AS super,
       coalesce(pg_has_role(a.usesysid, 'USAGE'), false) AS member,
       pg_has_role('pg_signal_backend', 'USAGE') AS signaller,
       (SELECT s.slot_name::text FROM pg_replication_slots AS s WHERE s.active_pid = a.pid LIMIT 1) AS slot,
       (SELECT count(*) FROM (SELECT DISTINCT l.pid FROM pg_locks AS l WHERE NOT l.granted LIMIT 20) AS q
        WHERE q.pid <> ALL ($1) AND pg_blocking_pids(q.pid) && $1) AS waiters,
       coalesce(a.query LIKE '%(to prevent wraparound)', false) AS wraparound, left(a.query, 200) AS query
FROM unnest($1, $2) WITH ORDINALITY AS w (pid, at, n)
JOIN pg_stat_activity AS a ON a.pid = w.pid AND a.backend_start = timestamptz 'epoch' + w.at * interval '1 microsecond'
ORDER BY w.n
