-- Every lock on an object that somebody waits for, and what those hold who hold or want one; asked only after
-- sessions.sql saw a Lock wait, or for the lock trees.
-- Needs: nothing. Serves 14 and later. One read of the lock table.
-- $1 bool: also the locks held.
-- pid: a prepared transaction has none there; here it is minus its transaction id.
-- Rows with held: a lock held, the most telling 24 of each session; held is how many it holds, its virtualxid left out.
WITH k AS MATERIALIZED (
  SELECT s.pid, s.mode, s.granted, s.waitstart, s.locktype, s.virtualtransaction AS vxact, s.transactionid AS xid,
         concat_ws('|', s.locktype, coalesce(s.database::text, ''), coalesce(s.relation::text, ''), coalesce(s.page::text, ''),
                   coalesce(s.tuple::text, ''), coalesce(s.virtualxid, ''), coalesce(s.transactionid::text, ''),
                   coalesce(s.classid::text, ''), coalesce(s.objid::text, ''), coalesce(s.objsubid::text, '')) AS tag
  FROM pg_lock_status() AS s
  WHERE s.mode <> 'SIReadLock'),
c AS MATERIALIZED (
  SELECT k.pid, k.mode, k.granted, k.waitstart, k.tag, k.vxact
  FROM k WHERE k.tag IN (SELECT w.tag FROM k AS w WHERE NOT w.granted))
SELECT coalesce(c.pid, (SELECT -max(x.xid::text::int8) FROM k AS x WHERE x.pid IS NULL AND x.vxact = c.vxact), 0) AS pid,
       c.mode, c.granted, c.waitstart, c.tag, NULL::int8 AS held
FROM c
UNION ALL
(SELECT coalesce(h.pid, (SELECT -max(x.xid::text::int8) FROM k AS x WHERE x.pid IS NULL AND x.vxact = h.vxact), 0),
        h.mode, true, NULL, h.tag, h.held
 FROM (SELECT k.pid, k.mode, k.tag, k.vxact, count(*) OVER (PARTITION BY k.vxact) AS held,
              row_number() OVER (PARTITION BY k.vxact ORDER BY k.tag IN (SELECT c.tag FROM c) DESC, k.locktype = 'relation' DESC,
                array_position(ARRAY['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock',
                  'ShareUpdateExclusiveLock', 'RowExclusiveLock', 'RowShareLock', 'AccessShareLock'], k.mode), k.tag) AS nth
       FROM k
       WHERE $1 AND k.granted AND k.locktype <> 'virtualxid' AND k.vxact IN (SELECT c.vxact FROM c)) AS h
 WHERE h.nth <= 24
 ORDER BY h.vxact, h.nth)
