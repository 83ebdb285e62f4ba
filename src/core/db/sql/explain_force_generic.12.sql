-- Makes EXECUTE of a prepared statement show the plan that serves all parameter values.
-- Needs: nothing. Serves 12 and later; 11 has no such setting. Schema-qualified: search_path is the session's.
SELECT pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)
