-- Counters of every statement, without texts: those are in a file, and reading it doubles the cost.
-- Needs: pg_stat_statements 1.12, loaded and permitted (statements_probe.sql).
-- Serves an extension with the columns of PostgreSQL 18 and later: full WAL buffers, parallel workers.
SELECT s.userid AS user_oid, s.dbid AS database_oid, s.queryid AS query_id, s.toplevel,
       s.calls, s.rows, (s.total_exec_time * 1000)::int8 AS total_us,
       (s.min_exec_time * 1000)::int8 AS min_us, (s.max_exec_time * 1000)::int8 AS max_us,
       (s.stddev_exec_time * 1000)::int8 AS stddev_us,
       s.plans, (s.total_plan_time * 1000)::int8 AS plan_us,
       s.shared_blks_hit, s.shared_blks_read, s.shared_blks_dirtied, s.shared_blks_written,
       s.local_blks_hit, s.local_blks_read, s.local_blks_dirtied, s.local_blks_written,
       s.temp_blks_read, s.temp_blks_written,
       ((s.shared_blk_read_time + s.local_blk_read_time) * 1000)::int8 AS blk_read_us,
       ((s.shared_blk_write_time + s.local_blk_write_time) * 1000)::int8 AS blk_write_us,
       (s.temp_blk_read_time * 1000)::int8 AS temp_blk_read_us,
       (s.temp_blk_write_time * 1000)::int8 AS temp_blk_write_us,
       s.wal_records, s.wal_fpi, s.wal_bytes::int8,
       s.jit_functions,
       ((s.jit_generation_time + s.jit_inlining_time + s.jit_optimization_time + s.jit_emission_time
        + s.jit_deform_time) * 1000)::int8 AS jit_us,
       s.stats_since AS stats_since_at, s.minmax_stats_since AS minmax_since_at,
       s.wal_buffers_full, s.parallel_workers_to_launch, s.parallel_workers_launched
FROM @extschema@.pg_stat_statements(false) AS s
