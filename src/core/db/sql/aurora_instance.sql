-- The instance we are connected to, by its AWS name; once after each connect, only where the probe saw the function.
-- Needs: EXECUTE on aurora_db_instance_identifier() (Aurora 11.16, 12.11, 13.7 and later). Serves 11 and later.
SELECT pg_catalog.aurora_db_instance_identifier()::pg_catalog.text AS instance
