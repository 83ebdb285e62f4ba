-- Who blocks these sessions, as the lock manager says; asked for at most 20 that locks.sql does not explain.
-- Needs: nothing. Serves 11 to 13: from 14 on pg_locks tells the order of a queue.
-- $1 int4[]: their process ids.
SELECT w.pid AS waiter, b.pid AS blocker
FROM unnest($1) AS w(pid), unnest(pg_blocking_pids(w.pid)) AS b(pid)
