-- Whether pg_stat_statements can be read here, and how; one row.
-- Needs: nothing. Serves 11 and later. Asks catalogs only, so that an extension that is absent, not loaded, old or not
-- ours to use causes no error: its function is called only when all of this says that it will answer.
-- The extension's objects are those that pg_depend says belong to it, wherever they are, whatever else has that name.
-- A setting of the library is in pg_settings only while the library is loaded; asked for by its name, one that somebody
-- has written into a configuration in vain would be there too.
-- columns_num: the release whose columns the installed extension has, which may be older than the server.
SELECT clock_timestamp() AS server_at, pg_postmaster_start_time() AS started_at,
       g.max_entries IS NOT NULL AS loaded, g.max_entries, current_setting('pg_stat_statements.track', true) AS track,
       current_setting('compute_query_id', true) AS compute_query_id,
       current_setting('pg_stat_statements.track_planning', true) = 'on' AS planning,
       current_setting('track_io_timing') = 'on' AS io_timing,
       current_setting('block_size')::int8 AS block_bytes,
       pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all,
       e.oid IS NOT NULL AS installed, e.extversion AS extension_version, n.nspname AS schema,
       CASE WHEN 'wal_buffers_full' = ANY (f.proargnames) THEN 180000
            WHEN 'stats_since' = ANY (f.proargnames) THEN 170000
            WHEN 'jit_functions' = ANY (f.proargnames) THEN 150000
            WHEN 'toplevel' = ANY (f.proargnames) THEN 140000
            WHEN 'total_exec_time' = ANY (f.proargnames) THEN 130000
            WHEN 'stddev_time' = ANY (f.proargnames) THEN 110000 END AS columns_num,
       has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(f.oid, 'EXECUTE') AS permitted,
       EXISTS (SELECT FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid
               WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
                 AND d.deptype = 'e' AND p.proname = 'pg_stat_statements_info' AND p.pronargs = 0
                 AND has_function_privilege(p.oid, 'EXECUTE')) AS has_info
FROM (SELECT max(s.setting)::int8 AS max_entries FROM pg_settings AS s WHERE s.name = 'pg_stat_statements.max') AS g
LEFT JOIN pg_extension AS e ON e.extname = 'pg_stat_statements'
LEFT JOIN LATERAL (SELECT p.oid, p.pronamespace, p.proargnames
                   FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid
                   WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass
                     AND d.refobjid = e.oid AND d.deptype = 'e' AND p.proname = 'pg_stat_statements'
                     AND p.pronargs = 1) AS f ON true
LEFT JOIN pg_namespace AS n ON n.oid = f.pronamespace
