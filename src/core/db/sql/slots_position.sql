-- Where the write-ahead log ends. Sent to community PostgreSQL that is not in recovery, and to nothing else.
-- Needs: nothing. Serves 11 and later. Aurora refuses the function unless logical replication is on; there the slots are compared among themselves.
SELECT pg_current_wal_lsn()::text AS position
