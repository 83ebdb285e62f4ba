-- The slow-statement threshold, where its value is from, and whether our role may change it for the server.
-- Needs: nothing; where a value is from is seen with pg_read_all_settings. Serves 15 and later.
SELECT s.setting, s.source, s.source = 'default' OR s.sourcefile IS NOT NULL AS place_known,
       coalesce(s.sourcefile LIKE '%postgresql.auto.conf', false) AS in_auto,
       has_parameter_privilege(s.name, 'ALTER SYSTEM')
         AND coalesce(current_setting('allow_alter_system', true), 'on') = 'on' AS may_set,
       has_function_privilege('pg_reload_conf()', 'EXECUTE') AS may_reload,
       has_table_privilege('pg_file_settings', 'SELECT') AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS sees_files
FROM pg_settings AS s
WHERE s.name = 'log_min_duration_statement'
