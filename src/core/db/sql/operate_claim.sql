-- Takes the lock by which consoles tell each other that they work on a table; it ends with the session.
-- Needs: nothing. Serves 11 and later. $1 int4: the table's oid, 2147483648 less.
SELECT pg_try_advisory_lock(1635087476, $1) AS claimed
