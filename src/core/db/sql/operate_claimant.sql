-- Who holds that lock.
-- Needs: nothing. Serves 11 and later. $1 int4: as in operate_claim.
SELECT a.usename::text AS role, host(a.client_addr) AS client, a.application_name AS application
FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = 1635087476 AND l.objid::int8 = ($1::int8 & 4294967295)
  AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
LIMIT 1
