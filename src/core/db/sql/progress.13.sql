-- What is running for long and reports progress: vacuum (autovacuum too), index builds, VACUUM FULL and CLUSTER, analyze, base backups.
-- Needs: nothing; without pg_monitor what other roles run is NULL. Serves 13.
-- Names of relations are known only in the database that the lane is connected to.
WITH p AS (
  SELECT v.pid, v.datid, v.datname, v.relid, NULL::oid AS index_relid, 'VACUUM'::text AS command, v.phase,
         CASE v.phase WHEN 'scanning heap' THEN v.heap_blks_scanned WHEN 'vacuuming heap' THEN v.heap_blks_vacuumed END AS done,
         CASE WHEN v.phase IN ('scanning heap', 'vacuuming heap') THEN v.heap_blks_total END AS total, 'blocks'::text AS unit,
         NULL::int8 AS locker_pid, v.index_vacuum_count AS rounds
  FROM pg_stat_progress_vacuum AS v
  UNION ALL
  SELECT i.pid, i.datid, i.datname, i.relid, i.index_relid, i.command, i.phase,
         CASE WHEN i.tuples_total > 0 THEN i.tuples_done WHEN i.blocks_total > 0 THEN i.blocks_done
              WHEN i.lockers_total > 0 THEN i.lockers_done END,
         CASE WHEN i.tuples_total > 0 THEN i.tuples_total WHEN i.blocks_total > 0 THEN i.blocks_total
              WHEN i.lockers_total > 0 THEN i.lockers_total END,
         CASE WHEN i.tuples_total > 0 THEN 'rows' WHEN i.blocks_total > 0 THEN 'blocks' ELSE 'transactions' END,
         nullif(i.current_locker_pid, 0), NULL
  FROM pg_stat_progress_create_index AS i
  UNION ALL
  SELECT c.pid, c.datid, c.datname, c.relid, nullif(c.cluster_index_relid, 0), c.command, c.phase,
         CASE WHEN c.phase = 'seq scanning heap' THEN c.heap_blks_scanned ELSE c.heap_tuples_written END,
         CASE WHEN c.phase = 'seq scanning heap' THEN c.heap_blks_total END,
         CASE WHEN c.phase = 'seq scanning heap' THEN 'blocks' ELSE 'rows' END, NULL, c.index_rebuild_count
  FROM pg_stat_progress_cluster AS c
  UNION ALL
  SELECT n.pid, n.datid, n.datname, n.relid, NULL, 'ANALYZE', n.phase, n.sample_blks_scanned, n.sample_blks_total, 'blocks', NULL, NULL
  FROM pg_stat_progress_analyze AS n
  UNION ALL
  SELECT b.pid, NULL, NULL, NULL, NULL, 'BASE BACKUP', b.phase, b.backup_streamed, b.backup_total, 'bytes', NULL, NULL
  FROM pg_stat_progress_basebackup AS b
)
SELECT p.pid::int8 AS pid, p.datname::text AS database, p.relid::int8 AS relation_oid,
       CASE WHEN c.oid IS NOT NULL THEN format('%I.%I', n.nspname, c.relname) END AS relation,
       x.relname::text AS index, p.command, p.phase, p.done, p.total, p.unit, p.locker_pid, p.rounds,
       (extract(epoch FROM clock_timestamp() - a.query_start) * 1000000)::int8 AS running_us, a.wait_event_type AS wait_type, a.wait_event,
       coalesce(a.query LIKE 'autovacuum:%', false) AS automatic,
       coalesce(a.query LIKE 'autovacuum:%(to prevent wraparound)', false) AS wraparound
FROM p
LEFT JOIN pg_class AS c ON c.oid = p.relid AND p.datname = current_database()
LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS x ON x.oid = p.index_relid AND p.datname = current_database()
LEFT JOIN LATERAL pg_stat_get_activity(p.pid) AS a ON true
