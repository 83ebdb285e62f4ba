-- In front of the statement to explain; never with ANALYZE. VERBOSE, because only it tells schemas.
-- Needs: what the statement needs. Serves 12 and later.
EXPLAIN (FORMAT JSON, VERBOSE, SETTINGS)
