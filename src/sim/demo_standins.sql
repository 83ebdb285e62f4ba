-- What an Aurora PostgreSQL server has beyond the community one, as far as the console asks for it.
-- Run as the superuser in template1 and postgres, before database orders is copied from template1.
-- Columns as Aurora documents them; figures are made up but move, and those of the readers stand for
-- nodes that the demo does not run. The settings demo.* say what the scenario calls the nodes.
set allow_system_table_mods = on;

create function pg_catalog.aurora_version() returns text
language sql stable parallel safe
return current_setting('demo.engine_version');

-- The reader is a standby with the same catalog.
create function pg_catalog.aurora_db_instance_identifier() returns varchar
language sql stable parallel safe
return split_part(current_setting('demo.instances'), ' ', case when pg_is_in_recovery() then 2 else 1 end);

create function pg_catalog.aurora_replica_status(
  out server_id text, out session_id text, out durable_lsn bigint, out highest_lsn_rcvd bigint,
  out current_read_lsn bigint, out cur_replay_latency_in_usec bigint, out active_txns bigint,
  out is_current boolean, out last_transport_error bigint, out last_error_timestamp timestamptz,
  out last_update_timestamp timestamptz, out feedback_xmin bigint, out feedback_epoch bigint,
  out replica_lag_in_msec double precision, out log_stream_speed_in_kib_per_second double precision,
  out log_buffer_sequence_number bigint, out oldest_read_view_trx_id bigint, out oldest_read_view_lsn bigint,
  out pending_read_ios bigint, out read_ios bigint, out iops bigint, out cpu double precision)
returns setof record
language sql volatile
as $$
  with clock as (select extract(epoch from clock_timestamp())::bigint as s)
  select aurora_db_instance_identifier(), 'MASTER_SESSION_ID', 900000000 + s * 40, null::bigint, null::bigint, null::bigint, null::bigint,
    true, 0::bigint, null::timestamptz, null::timestamptz, null::bigint, null::bigint,
    null::double precision, null::double precision, 52000000 + s, null::bigint, null::bigint,
    0::bigint, 0::bigint, 0::bigint, 11.0 + 3 * random()
  from clock
  union all
  select r.id, r.session, null, 900000000 + s * 40 - 3, 900000000 + s * 40 - 5, (r.lag * 1000)::bigint, r.txns,
    true, 0, null, clock_timestamp() - interval '400 milliseconds', 0, 0,
    r.lag + 4 * random(), 180 + 60 * random(), 52000000 + s - 1, 0, 900000000 + s * 40 - 40,
    0, (4 * random())::bigint, (20 * random())::bigint, 5 + 3 * random()
  from clock, (
    select id, md5(id)::uuid::text as session, 20.0::double precision - 2 * n as lag, 5 - n as txns
    from unnest(string_to_array(current_setting('demo.instances'), ' ')) with ordinality as i(id, n)
    where n > 1) as r;
$$;

create function pg_catalog.aurora_global_db_status(
  out aws_region text, out highest_lsn_written bigint, out durability_lag_in_msec double precision,
  out rpo_lag_in_msec double precision, out last_lag_calculation_time timestamptz,
  out feedback_epoch bigint, out feedback_xmin bigint)
returns setof record
language sql stable
as $$
  select null::text, null::bigint, null::double precision, null::double precision, null::timestamptz,
    null::bigint, null::bigint
  where false;
$$;

create function pg_catalog.aurora_stat_get_db_commit_latency(oid) returns bigint
language sql stable
as $$ select coalesce(pg_stat_get_db_xact_commit($1), 0) * 780 $$;

create function pg_catalog.aurora_stat_dml_activity(
  db oid,
  out select_count bigint, out select_latency_microsecs bigint, out insert_count bigint,
  out insert_latency_microsecs bigint, out update_count bigint, out update_latency_microsecs bigint,
  out delete_count bigint, out delete_latency_microsecs bigint)
language sql stable
as $$
  select pg_stat_get_db_tuples_fetched(db), pg_stat_get_db_tuples_fetched(db) * 9,
    pg_stat_get_db_tuples_inserted(db), pg_stat_get_db_tuples_inserted(db) * 110,
    pg_stat_get_db_tuples_updated(db), pg_stat_get_db_tuples_updated(db) * 140,
    pg_stat_get_db_tuples_deleted(db), pg_stat_get_db_tuples_deleted(db) * 95;
$$;

create function pg_catalog.aurora_list_builtins(
  out "Name" text, out "Result data type" text, out "Argument data types" text, out "Type" text,
  out "Volatility" text, out "Parallel" text, out "Security" text, out "Description" text)
returns setof record
language sql stable
as $$
  select proname::text, pg_get_function_result(oid), pg_get_function_arguments(oid), 'func',
    case provolatile when 'v' then 'volatile' when 's' then 'stable' else 'immutable' end,
    case proparallel when 's' then 'safe' else 'unsafe' end, 'invoker', null::text
  from pg_proc
  where proname like 'aurora\_%' and pronamespace = 'pg_catalog'::regnamespace;
$$;

-- Aurora answers these with SQLSTATE 0A000; here nobody but the superuser may execute them.
revoke execute on function
  pg_current_wal_lsn(), pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn(), pg_last_wal_receive_lsn(),
  pg_last_wal_replay_lsn(), pg_last_xact_replay_timestamp(), pg_walfile_name(pg_lsn), pg_ls_waldir(),
  pg_stat_get_wal_receiver()
from public, pg_monitor;

-- pg_stat_wal came with 14.
do $$
begin
  if to_regproc('pg_catalog.pg_stat_get_wal') is not null then
    revoke execute on function pg_stat_get_wal() from public;
  end if;
end
$$;

reset allow_system_table_mods;
create extension pg_stat_statements;
