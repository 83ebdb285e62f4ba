-- Whether the server process of a job whose console has ended is still at work.
-- Needs: nothing; of other roles' sessions it is seen with pg_monitor only. Serves 11 and later.
-- $1 int4: process. $2 timestamptz: its backend_start, so that a reused process id is not taken for it.
SELECT a.state, a.query_start AS query_start_at FROM pg_stat_get_activity($1) AS a
WHERE a.backend_start = $2 AND a.application_name LIKE 'auroratop job %'
