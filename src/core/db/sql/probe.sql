-- What this server and this role are; once after each connect.
-- Needs: nothing but CONNECT. Serves 11 and later. Asks catalogs only, so that nothing can fail; every function and
-- operator is schema-qualified, because behind a pooler search_path may not be ours. pg_settings would be easier on the
-- eye, but makes a row of every setting.
SELECT pg_catalog.pg_backend_pid() AS backend_pid,
       pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version_num,
       pg_catalog.pg_is_in_recovery() AS in_recovery,
       EXISTS (SELECT FROM pg_catalog.pg_proc AS p
               WHERE p.proname OPERATOR(pg_catalog.=) 'aurora_version'::pg_catalog.name
                 AND p.pronamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace) AS aurora,
       EXISTS (SELECT FROM pg_catalog.pg_proc AS p
               WHERE p.proname OPERATOR(pg_catalog.=) 'aurora_db_instance_identifier'::pg_catalog.name
                 AND p.pronamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace
                 AND p.pronargs OPERATOR(pg_catalog.=) 0::pg_catalog.int2
                 AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')) AS aurora_instance,
       pg_catalog.current_setting('is_superuser')::pg_catalog.bool AS superuser,
       pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS read_all_stats,
       pg_catalog.current_setting('max_connections')::pg_catalog.int8 AS max_connections,
       pg_catalog.pg_size_bytes(pg_catalog.regexp_replace(pg_catalog.current_setting('track_activity_query_size'),
                                                          '^([0-9]+)B$', '\1')) AS query_size,
       CURRENT_USER::pg_catalog.text AS user_name,
       pg_catalog.current_database()::pg_catalog.text AS database_name,
       pg_catalog.host(pg_catalog.inet_client_addr()) AS client_address,
       pg_catalog.current_setting('search_path')::pg_catalog.text AS search_path,
       pg_catalog.current_setting('lock_timeout')::pg_catalog.text AS lock_timeout
