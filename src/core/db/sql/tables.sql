-- The largest tables of the database that the lane is connected to: rows, dead rows, when they were vacuumed and analyzed.
-- Needs: nothing. Serves 11 and 12 (inserts since vacuum came with 13).
-- $1 int4: at most so many. Sizes are those of the last VACUUM or ANALYZE; asking for the present ones would touch every file.
SELECT n.nspname::text AS schema, c.relname::text AS name, format('%I.%I', n.nspname, c.relname) AS relation, c.oid::int8 AS relation_oid,
       CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END AS rows,
       (c.relpages::int8 * current_setting('block_size')::int8) AS heap_bytes,
       pg_stat_get_dead_tuples(c.oid) AS dead_rows, pg_stat_get_mod_since_analyze(c.oid) AS changed_since_analyze,
       NULL::int8 AS inserted_since_vacuum, pg_stat_get_numscans(c.oid) AS seq_scans,
       pg_stat_get_tuples_returned(c.oid) AS seq_rows,
       greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)) AS vacuumed_at,
       greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AS analyzed_at,
       age(c.relfrozenxid)::int8 AS frozen_age
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relfrozenxid <> '0'::xid
ORDER BY c.relpages DESC, c.oid LIMIT $1
