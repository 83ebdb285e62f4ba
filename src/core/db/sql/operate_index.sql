-- The index that is meant by a name: as the catalog or as SQL writes it, with its schema or without; how many there are.
-- Its size is NULL where somebody holds or wants an exclusive lock: reading it would wait for that.
-- Needs: nothing. Serves 11 and later. $1 text: the name. $2 oid: the index that was found before, 0 = none yet.
SELECT c.oid::int8 AS index_oid, i.indrelid::int8 AS table_oid, format('%I.%I', n.nspname, c.relname) AS index,
       c.relname::text AS name, c.relkind::text AS kind, i.indisvalid AS valid, i.indisexclusion AS exclusion,
       n.nspname = 'pg_catalog' AS catalog,
       CASE WHEN NOT EXISTS (SELECT FROM pg_locks AS l WHERE l.relation IN (c.oid, i.indrelid) AND l.mode = 'AccessExclusiveLock')
            THEN pg_relation_size(c.oid) END AS index_bytes,
       count(*) OVER () AS matches
FROM pg_class AS c JOIN pg_index AS i ON i.indexrelid = c.oid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE CASE WHEN $2 <> 0 THEN c.oid = $2
           ELSE $1 IN (c.relname::text, quote_ident(c.relname), n.nspname::text || '.' || c.relname::text,
                       format('%I.%I', n.nspname, c.relname)) END
ORDER BY c.oid LIMIT 1
