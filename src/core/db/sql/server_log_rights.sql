-- How and where the server writes its log, and whether this role may read it through SQL.
-- Needs: nothing. Serves 11 and later. A function that a server lacks has no oid and so no right; log_directory is
-- a row of pg_settings only for who may see it.
SELECT current_setting('logging_collector')::bool AS collector,
       current_setting('log_destination')::text AS destination,
       current_setting('log_line_prefix')::text AS prefix,
       EXTRACT(EPOCH FROM (now() AT TIME ZONE current_setting('log_timezone')) - (now() AT TIME ZONE 'UTC'))::int8
         AS zone_seconds,
       (SELECT s.setting FROM pg_settings AS s WHERE s.name = 'log_directory')::text AS directory,
       coalesce(has_function_privilege(to_regprocedure('pg_ls_logdir()'), 'EXECUTE'), false) AS may_list,
       coalesce(has_function_privilege(to_regprocedure('pg_read_binary_file(text,bigint,bigint,boolean)'), 'EXECUTE'), false)
         AS may_read
