-- The end of an EXPLAIN's transaction; role and settings go with it.
-- Needs: nothing. Serves 11 and later.
ROLLBACK
