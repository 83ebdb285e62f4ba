-- What the connection doctor asks once it is logged in: who we are to the server, what we may do, how full it is.
-- Needs: nothing. Serves 11 to 15; whose sessions are counted shows only to pg_monitor, others count what they see.
SELECT host(inet_client_addr()) AS client_addr,
       current_user::text AS user_name,
       current_database()::text AS database_name,
       pg_has_role('pg_monitor', 'USAGE') AS monitor,
       pg_has_role('pg_signal_backend', 'USAGE') AS signal_backend,
       EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'rds_superuser' AND pg_has_role(r.oid, 'USAGE')) AS rds_superuser,
       clock_timestamp() AS server_at,
       current_setting('max_connections')::int8 AS max_connections,
       current_setting('superuser_reserved_connections')::int8
           + coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int8
           + coalesce(nullif(current_setting('rds.rds_superuser_reserved_connections', true), ''), '0')::int8 AS reserved,
       (SELECT count(*) FROM pg_stat_activity AS a
        WHERE a.backend_type = 'client backend' OR (a.backend_type IS NULL AND a.usesysid IS NOT NULL)) AS used,
       NULL::text AS login_means
