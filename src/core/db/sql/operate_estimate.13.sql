-- How much a slow-statement threshold of $1 ms would log, as pg_stat_statements has counted: of which statements the
-- mean time, or at least the longest, reaches it, how often those were called, and the bytes of their texts. Of one role
-- ($2) or database ($3), 0 = of all.
-- Needs: pg_stat_statements 1.8, loaded and permitted (statements_probe.sql).
-- Serves an extension with the columns of PostgreSQL 13 and later.
SELECT count(*) FILTER (WHERE s.mean_exec_time >= $1::int8) AS mean_statements,
       count(*) FILTER (WHERE s.max_exec_time >= $1::int8) AS max_statements,
       coalesce(sum(s.calls) FILTER (WHERE s.mean_exec_time >= $1::int8), 0)::int8 AS mean_calls,
       coalesce(sum(s.calls) FILTER (WHERE s.max_exec_time >= $1::int8), 0)::int8 AS max_calls,
       coalesce(sum(s.calls * octet_length(s.query)) FILTER (WHERE s.mean_exec_time >= $1::int8), 0)::int8 AS mean_bytes,
       coalesce(sum(s.calls * octet_length(s.query)) FILTER (WHERE s.max_exec_time >= $1::int8), 0)::int8 AS max_bytes
FROM @extschema@.pg_stat_statements(true) AS s
WHERE ($2::oid = 0 OR s.userid = $2::oid) AND ($3::oid = 0 OR s.dbid = $3::oid)
