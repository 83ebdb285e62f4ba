-- What our role is, and whether it may act as the session's role.
-- Needs: nothing. Serves 16 and later, where membership alone does not allow SET ROLE. $1 text: the session's role; it may be gone.
SELECT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'rds_superuser' AND pg_has_role(r.oid, 'MEMBER')) AS powerful,
       EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = $1) AS known,
       EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = $1 AND pg_has_role(r.oid, 'SET')) AS allowed
