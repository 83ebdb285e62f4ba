-- Invalid indexes, which a build that was stopped leaves behind: of a table and its TOAST table, of a schema, of the database,
-- or one by its oid. rebuilt: its name is one that REINDEX CONCURRENTLY gives. droppable: DROP INDEX CONCURRENTLY takes it.
-- reachable: our role may name what is in its schema, as few may in pg_toast. busy: somebody may be building it at this moment.
-- Needs: nothing. Serves 11 and later. $1 text: table, schema, database or index. $2 oid: of that.
SELECT i.indexrelid::int8 AS index_oid, i.indrelid::int8 AS table_oid, format('%I.%I', n.nspname, c.relname) AS index,
       format('%I.%I', tn.nspname, t.relname) AS "table", pg_get_userbyid(t.relowner)::text AS owner,
       c.relname ~ '_cc(new|old)[0-9]*$' AS rebuilt, pg_has_role(t.relowner, 'USAGE') AS owns,
       has_schema_privilege(n.oid, 'USAGE') AS reachable,
       NOT EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhrelid = c.oid)
         AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = c.oid) AS droppable,
       EXISTS (SELECT FROM pg_locks AS l
               WHERE l.locktype = 'relation' AND l.relation IN (t.oid, c.oid) AND l.pid IS DISTINCT FROM pg_backend_pid()
                 AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
                 AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                                'AccessExclusiveLock')) AS busy,
       c.relpages::int8 * current_setting('block_size')::int8 AS index_bytes
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
     JOIN pg_class AS t ON t.oid = i.indrelid JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
     LEFT JOIN pg_class AS m ON m.reltoastrelid = t.oid
WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relpersistence <> 't'
  AND CASE $1 WHEN 'table' THEN $2 IN (t.oid, m.oid) WHEN 'schema' THEN $2 IN (t.relnamespace, m.relnamespace)
      WHEN 'index' THEN c.oid = $2 ELSE true END
ORDER BY i.indexrelid
