-- In front of the statement to explain; never with ANALYZE. VERBOSE, because only it tells schemas.
-- Needs: what the statement needs. Serves 11 (SETTINGS came with 12).
EXPLAIN (FORMAT JSON, VERBOSE)
