-- What a sort or a hash table may use under the transaction's settings, and where names are looked up.
-- Needs: nothing. Serves 11 and later. Schema-qualified, because search_path is the session's at this point.
SELECT pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem')) AS work_mem_bytes,
       coalesce(pg_catalog.current_setting('hash_mem_multiplier', true), '1')::pg_catalog.float8 AS hash_mem_multiplier,
       pg_catalog.current_setting('search_path')::pg_catalog.text AS search_path,
       CURRENT_USER::pg_catalog.text AS role
