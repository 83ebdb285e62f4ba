-- The transaction an EXPLAIN runs in; it is always rolled back.
-- Needs: nothing. Serves 11 and later.
BEGIN READ ONLY
