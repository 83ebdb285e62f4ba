-- What an operation on all tables of a schema, or of the database, would meet: one row; none where there is no such schema.
-- Up to 2000 tables sizes are those of their files. Beyond that, and where somebody holds or wants an exclusive lock that
-- reading them would wait for, they are the planner's pages, as of the last VACUUM or ANALYZE.
-- Needs: nothing. Serves 11 and later (MAINTAIN and pg_maintain came with 17).
-- $1 bool: a schema is meant, not the database. $2 text: its name, as the catalog or as SQL writes it. $3 oid: a table whose
-- schema is meant where there is no name. $4 oid: the schema that was found before, 0 = none yet. $5 bool: with the system's
-- catalogs, if the database is ours. $6 bool: it is asked of schema or database as a whole, not of a list of tables.
WITH target AS (
  SELECT s.* FROM (
    SELECT n.oid, n.nspname::text AS name, quote_ident(n.nspname) AS quoted, n.nspowner AS owner_oid, n.nspname::text = $2 AS exact
    FROM pg_namespace AS n
    WHERE $1 AND CASE WHEN $4 <> 0 THEN n.oid = $4
                      WHEN $2 = '' THEN n.oid = (SELECT c.relnamespace FROM pg_class AS c WHERE c.oid = $3)
                      ELSE $2 IN (n.nspname::text, quote_ident(n.nspname)) END
    UNION ALL
    SELECT d.oid, d.datname::text, quote_ident(d.datname), d.datdba, true
    FROM pg_database AS d WHERE NOT $1 AND d.datname = current_database()) AS s
  ORDER BY s.exact DESC LIMIT 1),
here AS (
  SELECT d.oid, pg_has_role(d.datdba, 'USAGE') AS owns,
         EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'pg_maintain' AND pg_has_role(r.oid, 'USAGE')) AS maintains,
         (SELECT count(*) FROM pg_class AS c WHERE c.relkind IN ('r', 'm')) <= 2000 AS few,
         current_setting('block_size')::int8 AS block
  FROM pg_database AS d WHERE d.datname = current_database()),
held AS (
  SELECT l.relation, bool_or(l.mode = 'AccessExclusiveLock') AS exclusive, bool_or(l.granted) AS used,
         bool_or(l.granted AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                                          'AccessExclusiveLock')) AS conflicting
  FROM pg_locks AS l, here AS h
  WHERE l.locktype = 'relation' AND l.database IN (0, h.oid) AND l.pid IS DISTINCT FROM pg_backend_pid()
  GROUP BY l.relation),
chosen AS (
  SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS quoted, c.relkind, coalesce(l.used, false) AS used,
         coalesce(l.conflicting, false) AS conflicting,
         CASE WHEN $6 THEN NOT c.relisshared OR pg_has_role(c.relowner, 'USAGE')
              ELSE pg_has_role(c.relowner, 'USAGE') OR (h.owns AND NOT c.relisshared)
                   OR CASE WHEN current_setting('server_version_num')::int4 >= 170000 THEN has_table_privilege(c.oid, 'MAINTAIN')
                      ELSE false END END AS ours,
         CASE WHEN h.few AND NOT coalesce(l.exclusive, false) THEN pg_table_size(c.oid)
              ELSE (c.relpages::int8 + coalesce((SELECT s.relpages FROM pg_class AS s WHERE s.oid = c.reltoastrelid), 0)) * h.block
              END AS table_bytes,
         h.few AND NOT coalesce(l.exclusive, false) AS exact
  FROM target AS t CROSS JOIN here AS h CROSS JOIN pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
       LEFT JOIN held AS l ON l.relation = c.oid
  WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
    AND CASE WHEN $1 THEN n.oid = t.oid
             ELSE (n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
                  OR ($5 AND h.owns AND n.nspname IN ('pg_catalog', 'information_schema')) END),
sized AS (
  SELECT c.*, i.indexes, i.invalid, i.index_bytes, i.largest
  FROM chosen AS c CROSS JOIN here AS h,
       LATERAL (SELECT count(*) AS indexes, count(*) FILTER (WHERE NOT x.indisvalid) AS invalid,
                       coalesce(sum(s.bytes), 0)::int8 AS index_bytes, coalesce(max(s.bytes), 0)::int8 AS largest
                FROM pg_index AS x JOIN pg_class AS k ON k.oid = x.indexrelid LEFT JOIN held AS l ON l.relation = k.oid,
                     LATERAL (SELECT CASE WHEN c.exact AND NOT coalesce(l.exclusive, false) THEN pg_relation_size(k.oid)
                                     ELSE k.relpages::int8 * h.block END AS bytes) AS s
                WHERE x.indrelid = c.oid) AS i
  WHERE c.relkind <> 'p')
SELECT t.oid::int8 AS target_oid, t.name, t.quoted, pg_get_userbyid(t.owner_oid)::text AS owner,
       pg_has_role(t.owner_oid, 'USAGE') OR h.maintains AS owns, h.owns AS owns_database,
       s.*, (SELECT count(*) FROM chosen AS c WHERE c.relkind = 'p') AS partitioned,
       (SELECT string_agg(c.relname::text, ' ') FROM pg_class AS c
        WHERE c.relisshared AND NOT pg_has_role(c.relowner, 'USAGE')) AS spared
FROM target AS t CROSS JOIN here AS h,
     LATERAL (SELECT count(*) FILTER (WHERE z.ours) AS relations, count(*) FILTER (WHERE NOT z.ours) AS skipped,
                     coalesce(sum(z.table_bytes) FILTER (WHERE z.ours), 0)::int8 AS table_bytes,
                     coalesce(sum(z.index_bytes) FILTER (WHERE z.ours), 0)::int8 AS index_bytes,
                     coalesce(sum(z.indexes) FILTER (WHERE z.ours), 0)::int8 AS indexes,
                     coalesce(sum(z.invalid) FILTER (WHERE z.ours), 0)::int8 AS invalid,
                     coalesce(max(z.largest) FILTER (WHERE z.ours), 0)::int8 AS largest_index_bytes,
                     coalesce(max(z.index_bytes) FILTER (WHERE z.ours), 0)::int8 AS most_index_bytes,
                     coalesce(max(z.table_bytes + z.index_bytes) FILTER (WHERE z.ours), 0)::int8 AS most_bytes,
                     count(*) FILTER (WHERE z.ours AND z.used) AS used,
                     count(*) FILTER (WHERE z.ours AND z.conflicting) AS conflicting,
                     bool_and(z.exact) AS exact,
                     string_agg(z.quoted, ', ' ORDER BY z.quoted) FILTER (WHERE z.ours) AS list
              FROM sized AS z) AS s
