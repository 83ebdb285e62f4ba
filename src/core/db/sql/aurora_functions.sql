-- Which of Aurora's functions may be called by this role.
-- Needs: nothing. Serves 11 and later.
SELECT coalesce(bool_or(p.proname = 'aurora_replica_status'), false) AS replica_status
FROM pg_proc AS p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = 'aurora_replica_status' AND has_function_privilege(p.oid, 'EXECUTE')
