-- Whether a session is still there, and what it does.
-- Needs: nothing. Serves 11 and later.
-- $1 int4: process. $2 timestamptz: its backend_start.
SELECT a.state, a.query_start AS query_start_at FROM pg_stat_get_activity($1) AS a WHERE a.backend_start = $2
