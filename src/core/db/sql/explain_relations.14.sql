-- Sizes and statistics of the relations of a plan, after its transaction.
-- Needs: nothing. Serves 14 and later, where reltuples -1 means never vacuumed or analyzed.
-- $1 text[]: schemas. $2 text[]: names, one for each schema.
SELECT n.nspname::text AS schema, c.relname::text AS relation,
       c.relpages::int8 * current_setting('block_size')::int8 AS relation_bytes, c.reltuples::float8 AS tuples,
       c.relkind IN ('r', 'm') AND c.reltuples < 0 AS never_analyzed
FROM (SELECT DISTINCT w.schema, w.name FROM unnest($1, $2) AS w(schema, name)) AS w
JOIN pg_namespace AS n ON n.nspname = w.schema
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name
WHERE c.relkind IN ('r', 'm', 'p', 'f')
