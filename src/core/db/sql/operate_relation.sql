-- What an operation on a table would meet.
-- Sizes are NULL where somebody holds or wants an exclusive lock: reading them would wait for it.
-- Needs: nothing. Serves 11 and later (MAINTAIN came with 17). $1 oid: the table.
SELECT format('%I.%I', n.nspname, c.relname) AS relation, c.relname::text AS name, c.relkind::text AS kind,
       pg_get_userbyid(c.relowner)::text AS owner,
       pg_has_role(c.relowner, 'USAGE')
         OR CASE WHEN current_setting('server_version_num')::int4 >= 170000 THEN has_table_privilege(c.oid, 'MAINTAIN')
            ELSE false END AS owns,
       EXISTS (SELECT FROM pg_database AS d WHERE d.datname = current_database() AND pg_has_role(d.datdba, 'USAGE')) AS owns_database,
       CASE WHEN NOT x.locked THEN pg_table_size(c.oid) END AS table_bytes,
       CASE WHEN NOT x.locked THEN pg_indexes_size(c.oid) END AS index_bytes,
       CASE WHEN NOT x.locked THEN (SELECT coalesce(max(pg_relation_size(i.indexrelid)), 0) FROM pg_index AS i WHERE i.indrelid = c.oid)
            END AS largest_index_bytes,
       (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = c.oid) AS indexes,
       (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = c.oid AND NOT i.indisvalid) AS invalid,
       pg_stat_get_dead_tuples(c.oid) AS dead_rows, pg_stat_get_live_tuples(c.oid) AS live_rows,
       greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)) AS vacuumed_at,
       (SELECT count(DISTINCT l.pid) FROM pg_locks AS l
        WHERE l.relation = c.oid AND l.granted AND l.pid <> pg_backend_pid()
          AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())) AS holders,
       (SELECT count(DISTINCT l.pid) FROM pg_locks AS l
        WHERE l.relation = c.oid AND l.granted AND l.pid <> pg_backend_pid()
          AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
          AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())) AS conflicting
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace,
     LATERAL (SELECT EXISTS (SELECT FROM pg_locks AS l WHERE l.relation IN (SELECT c.oid UNION ALL SELECT i.indexrelid FROM pg_index AS i
              WHERE i.indrelid = c.oid) AND l.mode = 'AccessExclusiveLock') AS locked) AS x
WHERE c.oid = $1
