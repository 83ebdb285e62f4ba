-- What a job must be known by afterwards: when its own session connected, and the files of the table and of its indexes.
-- Needs: nothing. Serves 11 and later. Takes no lock on the table. $1 oid: the table, 0 = none.
-- $2 oid: the one index that is meant, 0 = all of the table.
SELECT (SELECT a.backend_start FROM pg_stat_get_activity(pg_backend_pid()) AS a) AS backend_start_at,
       coalesce(pg_relation_filenode($1)::text, '') || ';' ||
       coalesce((SELECT string_agg(pg_relation_filenode(i.indexrelid)::text, ',')
                 FROM pg_index AS i WHERE i.indrelid = $1 AND i.indisvalid AND $2 IN (0, i.indexrelid)), '') AS files
