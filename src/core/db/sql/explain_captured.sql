-- The newest plan the server kept of a statement.
-- Needs: aurora_stat_plans() (explain_captures.sql). Serves 11 and later.
-- $1 int8: query id. $2 text: database. $3 text: role, '' = any.
SELECT p.explain_plan, p.plan_type, p.plan_captured_time AS captured_at, p.query
FROM aurora_stat_plans(true) AS p
JOIN pg_database AS d ON d.oid = p.dbid
WHERE p.queryid = $1 AND d.datname = $2 AND ($3 = '' OR pg_get_userbyid(p.userid) = $3)
  AND p.explain_plan IS NOT NULL AND p.plan_type <> 'no plan'
ORDER BY p.plan_captured_time DESC NULLS LAST
LIMIT 1
