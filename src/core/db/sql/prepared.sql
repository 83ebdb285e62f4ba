-- Prepared transactions; asked only after locks.sql showed one that blocks others and is not known yet.
-- Needs: nothing. Serves 11 and later.
SELECT p.transaction AS xid, p.gid, p.prepared AS prepared_at, p.owner::text AS owner, p.database::text AS database
FROM pg_prepared_xacts AS p
