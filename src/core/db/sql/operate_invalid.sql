-- Invalid indexes of a table: what a concurrent build that was stopped leaves behind.
-- Needs: nothing. Serves 11 and later. $1 oid: the table.
SELECT i.indexrelid::int8 AS index_oid, format('%I.%I', n.nspname, c.relname) AS index
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = $1 AND NOT i.indisvalid
ORDER BY i.indexrelid
