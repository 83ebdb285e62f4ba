-- Who keeps vacuum from cleaning: what holds the oldest transaction id that must stay visible.
-- Needs: nothing; without pg_monitor what other roles hold is not visible.
-- Serves 11 and later.
-- A running VACUUM is left out: its own snapshot holds nobody up.
-- kind: session, prepared transaction, replication slot, replication slot (catalogs), reader.
SELECT 'prepared transaction'::text AS kind, t.gid::text AS name, NULL::int8 AS pid, age(t.transaction)::int8 AS xmin_age,
       (extract(epoch FROM clock_timestamp() - t.prepared) * 1000000)::int8 AS since_us, t.owner::text AS owner, t.database::text AS database
FROM pg_prepared_xacts AS t
UNION ALL
SELECT 'replication slot', s.slot_name::text, s.active_pid::int8, age(s.xmin)::int8, NULL::int8, s.plugin::text, s.database::text
FROM pg_replication_slots AS s WHERE s.xmin IS NOT NULL
UNION ALL
SELECT 'replication slot (catalogs)', s.slot_name::text, s.active_pid::int8, age(s.catalog_xmin)::int8, NULL::int8, s.plugin::text,
       s.database::text
FROM pg_replication_slots AS s WHERE s.catalog_xmin IS NOT NULL
UNION ALL
(SELECT CASE WHEN a.backend_type = 'walsender' THEN 'reader' ELSE 'session' END, coalesce(a.application_name, ''), a.pid::int8,
        greatest(age(a.backend_xmin), age(a.backend_xid))::int8, (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000000)::int8, pg_get_userbyid(a.usesysid)::text,
        (SELECT d.datname::text FROM pg_database AS d WHERE d.oid = a.datid)
 FROM pg_stat_get_activity(NULL) AS a
 WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.pid <> pg_backend_pid()
   AND coalesce(a.query, '') !~* '^\s*(autovacuum: )?vacuum'
 ORDER BY greatest(age(a.backend_xmin), age(a.backend_xid)) DESC LIMIT 20)
