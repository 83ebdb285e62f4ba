-- search_path for the rest of this transaction; between the probe and the first statement of a new connection.
-- Needs: nothing. Serves 11 and later.
SELECT pg_catalog.set_config('search_path', 'pg_catalog', true)
