-- Texts of statements by query id.
-- Needs: pg_stat_statements 1.3, loaded and permitted (statements_probe.sql). Serves 11 and later.
-- The server reads the file of all texts for this, whatever is asked: 20 ms at 4 750 statements.
-- $1 int8[]: query ids, the most wanted first. $2 int4: longest text in characters. $3 int8: most bytes in all; what
-- does not fit is left for another time. A text may be NULL: the server lost its file.
WITH wanted AS (SELECT u.query_id, u.place FROM unnest($1) WITH ORDINALITY AS u (query_id, place)),
found AS (SELECT DISTINCT ON (w.place, s.dbid) w.place, s.dbid, s.queryid, left(s.query, $2) AS query,
                 octet_length(s.query)::int8 AS query_bytes
          FROM wanted AS w JOIN @extschema@.pg_stat_statements(true) AS s ON s.queryid = w.query_id
          ORDER BY w.place, s.dbid),
counted AS (SELECT f.*, sum(octet_length(f.query)) OVER (ORDER BY f.place, f.dbid) AS running FROM found AS f)
SELECT c.dbid AS database_oid, c.queryid AS query_id, c.query, c.query_bytes
FROM counted AS c WHERE c.running IS NULL OR c.running <= $3
