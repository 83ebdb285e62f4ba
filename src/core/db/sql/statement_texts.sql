-- Texts of statements by query id.
-- Needs: pg_stat_statements 1.3, loaded and permitted (statements_probe.sql). Serves 11 and later.
-- The server reads the file of all texts for this, whatever is asked: 20 ms at 4 750 statements.
-- $1 int8[]: query ids, the most wanted first. $2 int4: longest text in characters. $3 int8: most bytes in all; what
-- does not fit is left for another time. A text may be NULL: the server lost its file.
SELECT c.database_oid, c.query_id, c.query, c.query_bytes
FROM (SELECT t.database_oid, t.query_id, t.query, t.query_bytes,
             sum(octet_length(t.query)) OVER (ORDER BY t.place) AS running
      FROM (SELECT w.place, s.dbid AS database_oid, s.queryid AS query_id, octet_length(s.query)::int8 AS query_bytes,
                   CASE WHEN octet_length(s.query) <= $2 THEN s.query ELSE left(s.query, $2) END AS query
            FROM unnest($1) WITH ORDINALITY AS w (query_id, place)
            JOIN @extschema@.pg_stat_statements(true) AS s ON s.queryid = w.query_id) AS t) AS c
WHERE c.running IS NULL OR c.running <= $3
