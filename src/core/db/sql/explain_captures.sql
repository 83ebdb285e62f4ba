-- Does this server keep plans of real runs, and may we read them?
-- Needs: nothing. Serves 11 and later; aurora_stat_plans came with Aurora 14.10 and 15.5.
SELECT EXISTS (SELECT FROM pg_proc AS p
               WHERE p.proname = 'aurora_stat_plans' AND p.pronamespace = 'pg_catalog'::regnamespace AND p.pronargs = 1
                 AND has_function_privilege(p.oid, 'EXECUTE')) AS captures
