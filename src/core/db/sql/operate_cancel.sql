-- Cancels what a session runs now.
-- Needs: the session's role, or pg_signal_backend. Serves 11 and later.
-- $1 int4: process. $2 timestamptz: its backend_start, so that a reused process id is not hit.
SELECT pg_cancel_backend(a.pid) AS sent FROM pg_stat_get_activity($1) AS a WHERE a.backend_start = $2
