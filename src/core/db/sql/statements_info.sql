-- How often entries were thrown out to make room, and when all counters were last reset.
-- Needs: pg_stat_statements 1.9, loaded and permitted, and EXECUTE on its info function (statements_probe.sql).
-- Serves an extension with the columns of PostgreSQL 14 and later.
SELECT i.dealloc AS dealloc_passes, i.stats_reset AS reset_at
FROM @extschema@.pg_stat_statements_info() AS i
