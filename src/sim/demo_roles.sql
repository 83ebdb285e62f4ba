-- Roles as a managed cluster has them; passwords are set apart. Run once, as the superuser rdsadmin.
create role rds_superuser nologin;
create role rds_password nologin;
create role rds_replication nologin;
create role rds_iam nologin;
create role rds_ad nologin;
grant pg_monitor, pg_signal_backend to rds_superuser with admin option;

-- The master user: no superuser, but nearly everything else.
create role orders_admin login createdb createrole in role rds_superuser;

-- Applications.
create role orders_app login;
create role worker login;
create role reporting login;
create role app_ro login;
create role etl login;
create role deploy login in role orders_app;

-- The console's role: may look, cancel and terminate; owns nothing.
create role oncall login connection limit 40;
grant pg_monitor, pg_signal_backend to oncall;

-- So that it can plan statements as the sessions that run them do: SET ROLE is allowed, but through a role that does
-- not inherit, so that the console has none of their rights by itself.
create role planner nologin noinherit;
grant orders_app, worker, reporting, app_ro, etl, deploy to planner;
grant planner to oncall;

-- Who maintains: the master user, as the owner of the applications' tables.
grant orders_app to orders_admin;
