-- Transactions that a concurrent rebuild of an index would wait for, the oldest first; those younger than a second end by
-- themselves. Each row says how many there are; at most five.
-- Needs: nothing; without pg_monitor the age of other roles' transactions is hidden. Serves 11 and later.
SELECT count(*) OVER () AS transactions, a.pid, a.usename::text AS role, a.application_name AS application,
       (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000000)::int8 AS open_us
FROM pg_stat_activity AS a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
  AND a.xact_start < clock_timestamp() - interval '1 second'
ORDER BY a.xact_start, a.pid
LIMIT 5
