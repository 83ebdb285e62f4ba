-- Whose slow-statement threshold is their own, so that another one does not reach them: settings of roles and databases
-- that count for more than one of the server ($1 and $2 both 0), of a role ($1) or of a database ($2). At most 10 are
-- named.
-- Needs: nothing. Serves 11 and later.
WITH own AS (
       SELECT s.setrole, s.setdatabase, substr(c, 28) AS value FROM pg_db_role_setting AS s, unnest(s.setconfig) AS c
       WHERE c LIKE 'log\_min\_duration\_statement=%'
         AND CASE WHEN $1::oid <> 0 THEN $2::oid = 0 AND s.setrole = $1::oid AND s.setdatabase <> 0
                  WHEN $2::oid <> 0 THEN s.setrole <> 0 AND s.setdatabase IN (0, $2::oid) ELSE true END),
     named AS (
       SELECT CASE WHEN o.setrole = 0 AND o.setdatabase = 0 THEN 'all roles'
                   WHEN o.setrole = 0 THEN 'database ' || d.datname
                   WHEN o.setdatabase = 0 THEN 'role ' || r.rolname
                   ELSE 'role ' || r.rolname || ' in ' || d.datname END || ' ' || o.value AS text
       FROM own AS o LEFT JOIN pg_roles AS r ON r.oid = o.setrole LEFT JOIN pg_database AS d ON d.oid = o.setdatabase)
SELECT (SELECT count(*) FROM named) AS overrides,
       (SELECT string_agg(n.text, '; ' ORDER BY n.text) FROM (SELECT * FROM named ORDER BY text LIMIT 10) AS n) AS list
