-- Gives this transaction the settings that decide over plans as a session of another role in this database has them.
-- Needs: nothing. Serves 11 and later. $1 text: the session's role.
-- A value kept for the role or the database wins; else it is the server's, unless our own role has one of its own: then
-- the built-in one. What a session has SET itself nobody else can know.
WITH r AS (
  SELECT (SELECT p.oid FROM pg_roles AS p WHERE p.rolname = $1) AS theirs,
         (SELECT p.oid FROM pg_roles AS p WHERE p.rolname = session_user) AS ours,
         (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()) AS db),
kept AS (
  SELECT split_part(k.pair, '=', 1) AS name, substr(k.pair, strpos(k.pair, '=') + 1) AS value, d.setrole,
         (d.setrole <> 0)::int4 * 2 + (d.setdatabase <> 0)::int4 AS rank
  FROM pg_db_role_setting AS d CROSS JOIN r CROSS JOIN unnest(d.setconfig) AS k(pair)
  WHERE d.setdatabase IN (0, r.db) AND d.setrole IN (0, r.theirs, r.ours)),
wanted AS (
  SELECT s.name, s.setting,
         coalesce((SELECT k.value FROM kept AS k CROSS JOIN r
                   WHERE k.name = s.name AND (k.setrole = 0 OR k.setrole = r.theirs) ORDER BY k.rank DESC LIMIT 1),
                  CASE WHEN EXISTS (SELECT FROM kept AS k CROSS JOIN r WHERE k.name = s.name AND k.setrole = r.ours)
                       THEN s.boot_val ELSE s.reset_val END) AS value
  FROM pg_settings AS s
  WHERE s.context = 'user'
    AND (starts_with(s.category, 'Query Tuning')
         OR s.name IN ('search_path', 'work_mem', 'hash_mem_multiplier', 'max_parallel_workers_per_gather',
                       'max_parallel_workers', 'DateStyle', 'IntervalStyle', 'TimeZone', 'standard_conforming_strings',
                       'row_security', 'transform_null_equals', 'default_text_search_config')))
SELECT w.name, set_config(w.name, w.value, true) AS value
FROM wanted AS w
WHERE w.value IS DISTINCT FROM w.setting
