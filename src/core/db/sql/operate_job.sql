-- Whether the server process of a job is still at work.
-- Needs: nothing. Serves 11 and later. $1 int4: process. $2 text: its application_name.
SELECT a.state FROM pg_stat_activity AS a WHERE a.pid = $1 AND a.application_name = $2
