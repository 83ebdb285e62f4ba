-- What each Aurora reader still needs to see, as it reports to the writer.
-- Needs: Aurora. Serves 11 and later.
SELECT r.server_id::text AS name, age(r.feedback_xmin::text::xid)::int8 AS xmin_age
FROM aurora_replica_status() AS r
WHERE r.session_id <> 'MASTER_SESSION_ID' AND r.feedback_xmin IS NOT NULL AND r.feedback_xmin > 0
