-- Whether the counters of pg_stat_statements can be reset from here, and by which call; one row.
-- Needs: nothing. Serves 11 and later. Asks catalogs only, so that what is absent, not loaded or not ours causes no error.
-- The function is the one that belongs to the extension, wherever that is. Its arguments are written with their types,
-- all of them: a shorter call could reach a function of the same name that somebody else has put beside it.
SELECT EXISTS (SELECT FROM pg_settings AS s WHERE s.name = 'pg_stat_statements.max') AS loaded,
       e.oid IS NOT NULL AS installed,
       has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(f.oid, 'EXECUTE') AS permitted,
       CASE WHEN f.oid IS NOT NULL THEN format('%I.pg_stat_statements_reset(%s)', n.nspname,
            CASE f.arguments WHEN '' THEN '' WHEN 'oid, oid, bigint' THEN '0::oid, 0::oid, 0::bigint'
            ELSE '0::oid, 0::oid, 0::bigint, false' END) END AS call
FROM (SELECT) AS one
LEFT JOIN pg_extension AS e ON e.extname = 'pg_stat_statements'
LEFT JOIN LATERAL (SELECT p.oid, p.pronamespace, oidvectortypes(p.proargtypes) AS arguments
                   FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid
                   WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass
                     AND d.refobjid = e.oid AND d.deptype = 'e' AND p.proname = 'pg_stat_statements_reset'
                     AND oidvectortypes(p.proargtypes) IN ('', 'oid, oid, bigint', 'oid, oid, bigint, boolean')
                   ORDER BY p.pronargs DESC LIMIT 1) AS f ON true
LEFT JOIN pg_namespace AS n ON n.oid = f.pronamespace
