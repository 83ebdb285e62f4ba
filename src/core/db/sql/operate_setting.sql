-- The slow-statement threshold of a role ($1), of a database ($2) or of a role in a database ('' = not of one), and
-- whether our role may change it. The value is as somebody wrote it, NULL where none is set.
-- Needs: nothing. Serves 11 to 14: the parameter is for superusers, and on Aurora for rds_superuser.
SELECT r.oid AS role_oid, d.oid AS database_oid, r.rolcanlogin AS can_login,
       CASE WHEN $1::text <> '' AND $2::text <> '' THEN format('ROLE %I IN DATABASE %I', $1::text, $2::text)
            WHEN $1::text <> '' THEN format('ROLE %I', $1::text) ELSE format('DATABASE %I', $2::text) END AS target,
       (SELECT substr(c, 28) FROM pg_db_role_setting AS s, unnest(s.setconfig) AS c
        WHERE s.setrole = coalesce(r.oid, 0) AND s.setdatabase = coalesce(d.oid, 0)
          AND c LIKE 'log\_min\_duration\_statement=%') AS value,
       u.rolsuper OR coalesce(pg_has_role(a.oid, 'USAGE'), false) AS may_set,
       u.rolsuper OR CASE WHEN $1::text = '' THEN pg_has_role(d.datdba, 'USAGE')
                          ELSE NOT r.rolsuper AND (r.oid = u.oid OR u.rolcreaterole) END AS may_alter,
       (SELECT count(*) FROM pg_stat_activity AS t
        WHERE ($1::text = '' OR t.usesysid = r.oid) AND ($2::text = '' OR t.datid = d.oid)) AS connected
FROM pg_roles AS u
LEFT JOIN pg_roles AS r ON r.rolname = $1::text
LEFT JOIN pg_database AS d ON d.datname = $2::text
LEFT JOIN pg_roles AS a ON a.rolname = 'rds_superuser'
WHERE u.rolname = current_user
