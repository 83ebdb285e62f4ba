-- Who a signal would reach, and whether it may.
-- Needs: nothing; without pg_monitor the state and text of other roles are hidden. Serves 11 and later (leader_pid came
-- with 13 and is read by name). Of those that wait, at most 20 are asked whom for.
-- $1 int4: process. $2 timestamptz: its backend_start, so that a reused process id is not taken for it.
SELECT a.pid, a.usename::text AS role, a.datname::text AS database, a.application_name AS application, a.state,
       a.backend_type, (to_jsonb(a) ->> 'leader_pid')::int4 AS leader_pid,
       (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000000)::int8 AS xact_us,
       EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.usesysid AND r.rolsuper) AS super,
       coalesce(pg_has_role(a.usesysid, 'USAGE'), false) AS member,
       pg_has_role('pg_signal_backend', 'USAGE') AS signaller,
       (SELECT s.slot_name::text FROM pg_replication_slots AS s WHERE s.active_pid = a.pid LIMIT 1) AS slot,
       (SELECT count(*) FROM (SELECT DISTINCT l.pid FROM pg_locks AS l WHERE NOT l.granted LIMIT 20) AS w
        WHERE a.pid = ANY (pg_blocking_pids(w.pid))) AS waiters,
       coalesce(a.query LIKE '%(to prevent wraparound)', false) AS wraparound, left(a.query, 1024) AS query
FROM pg_stat_activity AS a
WHERE a.pid = $1 AND a.backend_start = $2
