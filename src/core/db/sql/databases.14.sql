-- Cumulative statistics of each database.
-- Needs: nothing. Serves 14 and later. rdsadmin belongs to AWS; datid 0 is the shared objects.
SELECT d.datname::text AS name, d.numbackends AS backends, d.xact_commit, d.xact_rollback, d.blks_read, d.blks_hit,
       d.tup_returned, d.tup_fetched, d.tup_inserted, d.tup_updated, d.tup_deleted, d.temp_files, d.temp_bytes,
       d.conflicts, d.deadlocks, d.sessions, d.sessions_abandoned, d.sessions_fatal, d.sessions_killed,
       d.stats_reset AS stats_reset_at
FROM pg_stat_database AS d
WHERE d.datid <> 0 AND d.datname <> 'rdsadmin'
