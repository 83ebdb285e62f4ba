-- $3 bytes of the log file $1 from byte $2 on; less at its end, NULL when it is gone.
-- Needs: EXECUTE on pg_read_binary_file(text, bigint, bigint, boolean), asked first by server_log_rights. Binary,
-- because a piece may end inside a character. Serves 11 and later.
SELECT pg_read_binary_file($1, $2, $3, true) AS piece
