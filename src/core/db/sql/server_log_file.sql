-- The file the server logs to now in format $1, which is the one written last, its size, and the size of another
-- file $2 (a name, or empty). No row when there is none.
-- Needs: EXECUTE on pg_ls_logdir(), which pg_monitor has; asked first by server_log_rights. Serves 11 and later. Only
-- for servers with logging_collector on: else there may be no folder.
WITH dir AS (SELECT name, size, modification FROM pg_ls_logdir())
SELECT n.name::text AS file, n.size, (SELECT d.size FROM dir AS d WHERE d.name = $2) AS other_size
FROM dir AS n
WHERE CASE $1 WHEN 'csvlog' THEN n.name LIKE '%.csv'
              WHEN 'jsonlog' THEN n.name LIKE '%.json'
              ELSE n.name !~ '\.(csv|json|gz|zst|lz4|xz|bz2)$' END
ORDER BY n.modification DESC, n.name DESC
LIMIT 1
