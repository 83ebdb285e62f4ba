-- Whether the connection of the action lane still answers.
-- Needs: nothing. Serves 11 and later.
SELECT 1 AS answer
