-- Where pg_stat_statements lies in this database, when it can be read without an error.
-- Needs: nothing. Serves 11 and later. The library answers only when it was preloaded: then its settings exist.
SELECT n.nspname::text AS schema
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' AND c.relkind = 'v'
WHERE e.extname = 'pg_stat_statements'
  AND EXISTS (SELECT FROM pg_settings AS s WHERE s.name = 'pg_stat_statements.max')
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
