-- Replication slots and the write-ahead log they retain.
-- Needs: nothing. Serves 17 and later.
-- $1 text: where the log ends, '' = not to be had here; then the newest position that any slot or receiver has reached stands for it,
-- and what is retained is at least that.
SELECT s.slot_name::text AS name, s.slot_type::text AS kind, s.plugin::text AS plugin, s.database::text AS database, s.temporary, s.active,
       s.active_pid::int8 AS active_pid, age(s.xmin)::int8 AS xmin_age, age(s.catalog_xmin)::int8 AS catalog_xmin_age,
       pg_wal_lsn_diff(coalesce(nullif($1, '')::pg_lsn, r.reached), s.restart_lsn)::int8 AS retained_bytes, $1 = '' AS at_least,
       s.wal_status::text AS wal_status, s.safe_wal_size::int8 AS safe_wal_bytes,
       (extract(epoch FROM clock_timestamp() - s.inactive_since) * 1000000)::int8 AS inactive_us, s.invalidation_reason::text AS invalidation_reason
FROM pg_replication_slots AS s
     CROSS JOIN (SELECT (SELECT x.lsn FROM (SELECT p.restart_lsn FROM pg_replication_slots AS p UNION ALL
                                            SELECT p.confirmed_flush_lsn FROM pg_replication_slots AS p UNION ALL
                                            SELECT w.sent_lsn FROM pg_stat_replication AS w) AS x (lsn)
                         WHERE x.lsn IS NOT NULL ORDER BY x.lsn DESC LIMIT 1) AS reached) AS r
