-- Readers of the Aurora cluster.
-- Needs: Aurora, EXECUTE on aurora_replica_status(). Serves 11 and later.
SELECT count(*) AS readers FROM aurora_replica_status() AS r WHERE r.session_id <> 'MASTER_SESSION_ID'
