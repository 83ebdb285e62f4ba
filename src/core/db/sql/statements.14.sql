-- Counters of every statement, without texts: those are in a file, and reading it doubles the cost.
-- Needs: pg_stat_statements 1.9, loaded and permitted (statements_probe.sql).
-- Serves an extension with the columns of PostgreSQL 14: toplevel.
SELECT s.userid AS user_oid, s.dbid AS database_oid, s.queryid AS query_id, s.toplevel,
       s.calls, s.rows, (s.total_exec_time * 1000)::int8 AS total_us,
       (s.min_exec_time * 1000)::int8 AS min_us, (s.max_exec_time * 1000)::int8 AS max_us,
       (s.stddev_exec_time * 1000)::int8 AS stddev_us,
       s.plans, (s.total_plan_time * 1000)::int8 AS plan_us,
       s.shared_blks_hit, s.shared_blks_read, s.shared_blks_dirtied, s.shared_blks_written,
       s.local_blks_hit, s.local_blks_read, s.local_blks_dirtied, s.local_blks_written,
       s.temp_blks_read, s.temp_blks_written,
       (s.blk_read_time * 1000)::int8 AS blk_read_us, (s.blk_write_time * 1000)::int8 AS blk_write_us,
       s.wal_records, s.wal_fpi, s.wal_bytes::int8
FROM @extschema@.pg_stat_statements(false) AS s
