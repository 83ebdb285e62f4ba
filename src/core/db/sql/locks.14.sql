-- Every lock on an object that somebody waits for; asked only after sessions.sql saw a Lock wait.
-- Needs: nothing. Serves 14 and later. One read of the lock table; pid is NULL there for a prepared transaction, 0 here.
WITH l AS MATERIALIZED (
  SELECT coalesce(k.pid, 0) AS pid, k.mode, k.granted, k.waitstart,
         concat_ws('/', k.locktype, coalesce(k.database, 0), coalesce(k.relation, 0), coalesce(k.page, -1), coalesce(k.tuple, -1),
                   coalesce(k.virtualxid, '-'), coalesce(k.transactionid::text, '-'), coalesce(k.classid, 0),
                   coalesce(k.objid, 0), coalesce(k.objsubid, 0)) AS tag
  FROM pg_lock_status() AS k
  WHERE k.mode <> 'SIReadLock')
SELECT l.pid, l.mode, l.granted, l.waitstart, l.tag
FROM l WHERE l.tag IN (SELECT w.tag FROM l AS w WHERE NOT w.granted)
