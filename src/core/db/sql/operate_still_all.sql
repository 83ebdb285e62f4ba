-- Which of several sessions are still there, and what they do.
-- Needs: nothing. Serves 11 and later.
-- $1 int4[]: processes. $2 int8[]: their backend_start in microseconds since 1970, in the same order.
SELECT w.n, a.state, a.query_start AS query_start_at
FROM unnest($1, $2) WITH ORDINALITY AS w (pid, at, n), LATERAL pg_stat_get_activity(w.pid) AS a
WHERE a.backend_start = timestamptz 'epoch' + w.at * interval '1 microsecond'
