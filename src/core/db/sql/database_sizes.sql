-- Size on disk of each database. Reads the size of every file: seconds on a large cluster, so it is asked rarely.
-- Needs: CONNECT on the database or pg_read_all_stats, asked first, because pg_database_size() raises an error without.
-- Serves 11 and later.
SELECT d.datname::text AS name,
       CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') OR has_database_privilege(d.oid, 'CONNECT')
            THEN pg_database_size(d.oid) END AS size_bytes
FROM pg_database AS d
WHERE d.datname <> 'rdsadmin'
