-- search_path of a connection that was opened with the server's own planner settings; right after the probe.
-- Needs: nothing. Serves 11 and later. Schema-qualified, because search_path is not ours yet.
SELECT pg_catalog.set_config('search_path', 'pg_catalog', false)
