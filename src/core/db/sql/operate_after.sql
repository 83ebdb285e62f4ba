-- What became of a job that nobody watched: what it leaves in the statistics, in the files of the table and its indexes.
-- Needs: nothing. Serves 11 and later. Takes no lock on the table.
-- $1 oid: the table. $2 text: its files before, as operate_before.sql has them.
SELECT format('%I.%I', n.nspname, c.relname) AS relation,
       pg_stat_get_last_vacuum_time(c.oid) AS vacuumed_at, pg_stat_get_last_analyze_time(c.oid) AS analyzed_at,
       coalesce(pg_relation_filenode(c.oid)::text, '') <> split_part($2, ';', 1) AS rewritten,
       x.indexes, x.kept, x.invalid, x.invalid_names
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace,
     LATERAL (SELECT count(*) FILTER (WHERE i.indisvalid) AS indexes,
                     count(*) FILTER (WHERE i.indisvalid AND pg_relation_filenode(i.indexrelid)::text
                                            = ANY (string_to_array(split_part($2, ';', 2), ','))) AS kept,
                     count(*) FILTER (WHERE NOT i.indisvalid) AS invalid,
                     string_agg(format('%I.%I', k.nspname, r.relname), ', ') FILTER (WHERE NOT i.indisvalid) AS invalid_names
              FROM pg_index AS i JOIN pg_class AS r ON r.oid = i.indexrelid JOIN pg_namespace AS k ON k.oid = r.relnamespace
              WHERE i.indrelid = c.oid) AS x
WHERE c.oid = $1
