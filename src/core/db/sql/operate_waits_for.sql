-- Transactions that a concurrent rebuild of an index would wait for; those younger than a second end by themselves.
-- Needs: nothing; without pg_monitor the age of other roles' transactions is hidden. Serves 11 and later.
SELECT count(*) AS transactions, (extract(epoch FROM clock_timestamp() - min(a.xact_start)) * 1000000)::int8 AS oldest_us
FROM pg_stat_activity AS a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
  AND a.xact_start < clock_timestamp() - interval '1 second'
