-- Locks one session holds or waits for, the indexes of a relation folded into it.
-- Needs: nothing. Serves 11 and later. Names only of relations of the connected database and shared ones.
-- $1 int4: process.
SELECT k.mode, k.granted, count(*) FILTER (WHERE i.indexrelid IS NOT NULL) AS indexes,
       min(CASE WHEN k.locktype <> 'relation' THEN k.locktype END) AS lock_type,
       min(n.nspname)::text AS schema, min(c.relname)::text AS relation,
       min(CASE WHEN k.locktype = 'relation' AND c.oid IS NULL
                THEN 'relation ' || k.relation::text || ' of ' || coalesce(d.datname::text, 'another database')
                WHEN k.locktype = 'transactionid' THEN k.transactionid::text
                WHEN k.locktype = 'virtualxid' THEN k.virtualxid
                WHEN k.locktype = 'advisory' THEN concat_ws(' ', k.classid, k.objid)
                WHEN k.locktype <> 'relation' THEN concat_ws(' ', c.relname, k.page, k.tuple, k.objid) END) AS object
FROM pg_lock_status() AS k
LEFT JOIN pg_index AS i ON i.indexrelid = k.relation AND k.locktype = 'relation'
     AND k.database = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
LEFT JOIN pg_class AS c ON c.oid = coalesce(i.indrelid, k.relation)
     AND (k.database = 0 OR k.database = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database()))
LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_database AS d ON d.oid = k.database
WHERE k.pid = $1 AND k.mode <> 'SIReadLock'
GROUP BY k.granted, k.mode, k.locktype, coalesce(i.indrelid, k.relation), k.database,
         CASE WHEN k.locktype = 'relation' THEN NULL ELSE concat_ws('/', k.page, k.tuple, k.virtualxid, k.transactionid,
                                                                   k.classid, k.objid, k.objsubid) END
ORDER BY k.granted, k.locktype = 'relation' DESC, 6, 1
LIMIT 200
