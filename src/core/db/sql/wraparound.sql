-- How far each database is from wraparound: transactions and multixacts since its oldest ones were frozen.
-- Needs: nothing. Serves 11 and later. rdsadmin and the templates stand here, too: any of them stops the whole cluster.
SELECT d.datname::text AS name, age(d.datfrozenxid)::int8 AS xid_age, mxid_age(d.datminmxid)::int8 AS multixact_age,
       current_setting('autovacuum_freeze_max_age')::int8 AS freeze_max_age,
       current_setting('autovacuum_multixact_freeze_max_age')::int8 AS multixact_freeze_max_age, d.datallowconn AS allows_connections
FROM pg_database AS d
