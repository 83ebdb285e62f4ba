-- Readers that apply this server's WAL; a base backup and the consumer of a logical slot are none.
-- Needs: nothing; without pg_monitor what other roles' senders do is hidden, and each counts. Serves 11 and later.
SELECT count(*) AS readers
FROM pg_stat_replication AS r
WHERE coalesce(r.state, '') <> 'backup'
  AND NOT EXISTS (SELECT FROM pg_replication_slots AS s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
