-- Counters of every statement, without texts: those are in a file, and reading it doubles the cost.
-- Needs: pg_stat_statements 1.3 to 1.7, loaded and permitted (statements_probe.sql).
-- Serves an extension with the columns of PostgreSQL 11 and 12.
-- All of them in one read, because a difference needs both ends and only this side has the earlier one. 4 750
-- statements took the server 11 ms (its function alone takes 6) and came as 1.7 MB. A narrow read of all and then every
-- column of a choice would be 0.6 MB, but run the function twice and cost the server as much.
-- Without pg_monitor (pg_read_all_stats) the query id of other roles' statements is NULL.
SELECT s.userid AS user_oid, s.dbid AS database_oid, s.queryid AS query_id,
       s.calls, s.rows, (s.total_time * 1000)::int8 AS total_us,
       (s.min_time * 1000)::int8 AS min_us, (s.max_time * 1000)::int8 AS max_us,
       (s.stddev_time * 1000)::int8 AS stddev_us,
       s.shared_blks_hit, s.shared_blks_read, s.shared_blks_dirtied, s.shared_blks_written,
       s.local_blks_hit, s.local_blks_read, s.local_blks_dirtied, s.local_blks_written,
       s.temp_blks_read, s.temp_blks_written,
       (s.blk_read_time * 1000)::int8 AS blk_read_us, (s.blk_write_time * 1000)::int8 AS blk_write_us
FROM @extschema@.pg_stat_statements(false) AS s
