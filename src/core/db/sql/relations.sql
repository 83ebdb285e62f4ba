-- The largest relations of the database that the lane is connected to, partitions counted under their root: sizes, rows, dead rows, bloat, age.
-- Needs: nothing. Bloat needs SELECT on the table (or pg_read_all_data): without, the statistics of its columns are not visible. Serves 11 and later.
-- $1 int4: at most so many relations, the largest as of the last VACUUM or ANALYZE. $2 int4: of so many tables the files are looked at; of the
-- others, and of those that somebody holds or wants exclusively (looking would wait for that), sizes are those of the last VACUUM or ANALYZE.
-- Bloat is what stands between the pages there are and the pages that the rows would fill by the mean widths in pg_stats; indexes: B-trees on columns.
WITH RECURSIVE part AS (
  SELECT c.oid AS root, c.oid AS member FROM pg_class AS c WHERE c.relkind = 'p' AND NOT c.relispartition
  UNION ALL
  SELECT p.root, i.inhrelid FROM part AS p JOIN pg_inherits AS i ON i.inhparent = p.member
), indexed AS (
  SELECT i.indrelid, count(*) AS n, sum(x.relpages)::int8 AS pages
  FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid GROUP BY i.indrelid
), own AS (
  SELECT coalesce(p.root, c.oid) AS root, c.oid, n.nspname, c.relname, c.relpages::int8 AS relpages, c.reltuples::float8 AS reltuples, c.reltoastrelid,
         c.reloptions, age(c.relfrozenxid)::int8 AS frozen_age, mxid_age(c.relminmxid)::int8 AS multixact_age,
         coalesce(t.relpages::int8, 0) AS toast_pages, coalesce(x.pages, 0) AS index_pages, coalesce(x.n, 0) AS indexes
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN part AS p ON p.member = c.oid
       LEFT JOIN pg_class AS t ON t.oid = c.reltoastrelid LEFT JOIN indexed AS x ON x.indrelid = c.oid
  WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relfrozenxid <> '0'::xid
), top AS (
  SELECT o.root, sum(o.relpages + o.toast_pages + o.index_pages) AS pages FROM own AS o GROUP BY o.root ORDER BY 2 DESC, 1 LIMIT $1
), member AS (
  SELECT o.*, row_number() OVER (ORDER BY o.relpages + o.toast_pages + o.index_pages DESC, o.oid) <= $2 AS looked
  FROM own AS o JOIN top AS w ON w.root = o.root
), stat AS (
  SELECT m.oid, a.attnum, s.null_frac::float8 AS null_frac, s.avg_width::float8 AS avg_width
  FROM member AS m
       CROSS JOIN LATERAL (SELECT v.attname, v.null_frac, v.avg_width FROM pg_stats AS v
                           WHERE v.schemaname = m.nspname AND v.tablename = m.relname AND NOT v.inherited OFFSET 0) AS s
       JOIN pg_attribute AS a ON a.attrelid = m.oid AND a.attname = s.attname
  WHERE m.looked
), heap AS (
  SELECT s.oid, count(*) AS columns, sum((1 - s.null_frac) * s.avg_width) AS width, max(s.null_frac) AS nulls FROM stat AS s GROUP BY s.oid
), keys AS (
  SELECT i.indexrelid, i.indrelid, sum((1 - s.null_frac) * s.avg_width) AS width
  FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey::int2[]) AS k (attnum) JOIN stat AS s ON s.oid = i.indrelid AND s.attnum = k.attnum
  WHERE i.indisvalid GROUP BY i.indexrelid, i.indrelid, i.indnatts HAVING count(*) = i.indnatts
), index_bloat AS (
  SELECT k.indrelid AS oid, sum(greatest(0, x.relpages - ceil(greatest(x.reltuples, 0)::float8 * (12 + 8 * ceil(k.width / 8))
           / ((current_setting('block_size')::int4 - 40) * coalesce((SELECT o.option_value::int4 FROM pg_options_to_table(x.reloptions) AS o
                                                                    WHERE o.option_name = 'fillfactor'), 90) / 100.0)) - 1)) AS pages
  FROM keys AS k JOIN pg_class AS x ON x.oid = k.indexrelid JOIN pg_am AS am ON am.oid = x.relam AND am.amname = 'btree' GROUP BY k.indrelid
), sized AS (
  SELECT m.*, b.size AS block,
         CASE WHEN f.may THEN pg_table_size(m.oid) END AS table_bytes,
         CASE WHEN f.may AND m.reltoastrelid <> 0 THEN pg_total_relation_size(m.reltoastrelid) WHEN f.may THEN 0 END AS toast_bytes,
         CASE WHEN f.may THEN pg_indexes_size(m.oid) END AS index_bytes
  FROM member AS m
       CROSS JOIN (SELECT current_setting('block_size')::int8 AS size, coalesce(array_agg(l.relation), '{}') AS busy FROM pg_locks AS l
                   WHERE l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
                     AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())) AS b
       CROSS JOIN LATERAL (SELECT m.looked AND NOT m.oid = ANY (b.busy) AND NOT m.reltoastrelid = ANY (b.busy)
                                  AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid IN (m.oid, m.reltoastrelid)
                                                  AND i.indexrelid = ANY (b.busy)) AS may OFFSET 0) AS f
), judged AS (
  SELECT s.root, s.oid, s.reltuples, s.frozen_age, s.multixact_age, s.indexes, s.table_bytes IS NULL AS estimated,
         coalesce(s.table_bytes - s.toast_bytes, s.relpages * s.block) AS heap_bytes, coalesce(s.toast_bytes, s.toast_pages * s.block) AS toast_bytes,
         coalesce(s.index_bytes, s.index_pages * s.block) AS index_bytes,
         CASE WHEN h.columns = (SELECT count(*) FROM pg_attribute AS a WHERE a.attrelid = s.oid AND a.attnum > 0 AND NOT a.attisdropped)
                   AND s.relpages > 0 AND s.reltuples >= 0
              THEN greatest(0, 1 - ceil(s.reltuples * (4 + 8 * ceil((23 + CASE WHEN h.nulls > 0 THEN ceil(h.columns / 8.0) ELSE 0 END) / 8.0)
                                                       + 8 * ceil(h.width / 8))
                     / ((s.block - 24) * coalesce(o.fillfactor, 100) / 100.0)) / s.relpages) * (coalesce(s.table_bytes - s.toast_bytes, s.relpages * s.block))
         END AS heap_bloat_bytes,
         x.pages * s.block AS index_bloat_bytes,
         pg_stat_get_dead_tuples(s.oid) AS dead_rows,
         least(coalesce(o.threshold, current_setting('autovacuum_vacuum_threshold')::float8)
                 + coalesce(o.scale, current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(s.reltuples, 0),
               nullif(nullif(current_setting('autovacuum_vacuum_max_threshold', true), ''), '-1')::float8) AS due_rows,
         coalesce(o.enabled, true) AS enabled,
         pg_stat_get_last_vacuum_time(s.oid) AS by_hand, pg_stat_get_last_autovacuum_time(s.oid) AS by_itself
  FROM sized AS s LEFT JOIN heap AS h ON h.oid = s.oid LEFT JOIN index_bloat AS x ON x.oid = s.oid
       CROSS JOIN LATERAL (SELECT max(CASE WHEN p.option_name = 'fillfactor' THEN p.option_value::int4 END) AS fillfactor,
                                  max(CASE WHEN p.option_name = 'autovacuum_vacuum_threshold' THEN p.option_value::float8 END) AS threshold,
                                  max(CASE WHEN p.option_name = 'autovacuum_vacuum_scale_factor' THEN p.option_value::float8 END) AS scale,
                                  bool_and(CASE WHEN p.option_name = 'autovacuum_enabled' THEN p.option_value::bool END) AS enabled
                           FROM pg_options_to_table(s.reloptions) AS p) AS o
)
SELECT n.nspname::text AS schema, c.relname::text AS name, format('%I.%I', n.nspname, c.relname) AS relation, c.oid::int8 AS relation_oid,
       CASE c.relkind WHEN 'p' THEN 'partitioned table' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind,
       CASE WHEN c.relkind = 'p' THEN count(*) END AS partitions,
       sum(j.heap_bytes + j.toast_bytes + j.index_bytes)::int8 AS total_bytes, sum(j.heap_bytes)::int8 AS heap_bytes,
       sum(j.toast_bytes)::int8 AS toast_bytes, sum(j.index_bytes)::int8 AS index_bytes, sum(j.indexes)::int8 AS indexes, bool_or(j.estimated) AS estimated,
       sum(CASE WHEN j.reltuples >= 0 THEN j.reltuples END)::int8 AS rows, sum(j.dead_rows)::int8 AS dead_rows, sum(j.due_rows)::int8 AS vacuum_due_rows,
       bool_and(j.enabled) AS autovacuum_enabled,
       sum(j.heap_bloat_bytes)::int8 AS heap_bloat_bytes, sum(j.index_bloat_bytes)::int8 AS index_bloat_bytes,
       max(j.frozen_age) AS frozen_age, max(j.multixact_age) AS multixact_age,
       max(greatest(j.by_hand, j.by_itself)) AS vacuumed_at,
       coalesce(max(j.by_itself) >= coalesce(max(j.by_hand), max(j.by_itself)), false) AS vacuumed_by_autovacuum,
       (SELECT count(DISTINCT o.root) FROM own AS o) AS relations
FROM judged AS j JOIN pg_class AS c ON c.oid = j.root JOIN pg_namespace AS n ON n.oid = c.relnamespace
GROUP BY n.nspname, c.relname, c.oid, c.relkind
ORDER BY 7 DESC, c.oid
