-- A prepared transaction of the connected database, and whether we may end it: its owner may, and a superuser; being a
-- member of its owner is not enough for the server.
-- Needs: nothing. Serves 11 and later.
-- $1 text: its gid. $2 timestamptz: when it was prepared, so that another one of that name is not taken for it.
SELECT p.owner::text AS owner, p.owner = current_user AS owns, format('%L', p.gid) AS literal,
       (extract(epoch FROM clock_timestamp() - p.prepared) * 1000000)::int8 AS prepared_us,
       (SELECT count(*) FROM pg_locks AS l WHERE l.pid IS NULL AND l.virtualtransaction = '-1/' || p.transaction::text) AS locks
FROM pg_prepared_xacts AS p
WHERE p.gid = $1 AND p.prepared = $2 AND p.database = current_database()
