-- What a careless or malicious role can leave behind in public: things with the names that monitoring uses.
-- Whoever calls one leaves a line in the server's log. Run in database orders as the superuser.
create function public.sprung() returns boolean
language plpgsql
as $$ begin raise log 'hostile object called'; return true; end $$;

create function public.pg_stat_get_activity(pid text) returns text
language plpgsql as $$ begin perform public.sprung(); return pid; end $$;
create function public.pg_blocking_pids(pid bigint) returns integer[]
language plpgsql as $$ begin perform public.sprung(); return null; end $$;
create function public.has_function_privilege(a text, b text, c text, d text default '') returns boolean
language plpgsql as $$ begin perform public.sprung(); return true; end $$;
create function public.starts_with(a varchar, b varchar) returns boolean
language plpgsql as $$ begin perform public.sprung(); return true; end $$;
create function public.left(a varchar, b integer) returns text
language plpgsql as $$ begin perform public.sprung(); return a; end $$;
create function public.hostile_equal(a name, b text) returns boolean
language plpgsql as $$ begin perform public.sprung(); return true; end $$;
create function public.hostile_equal(a varchar, b varchar) returns boolean
language plpgsql as $$ begin perform public.sprung(); return true; end $$;
create operator public.= (procedure = public.hostile_equal, leftarg = varchar, rightarg = varchar);
create operator public.<> (procedure = public.hostile_equal, leftarg = varchar, rightarg = varchar);
create view public.pg_stat_activity as select public.sprung() as pid;
create view public.pg_stat_database as select public.sprung() as datname;
create view public.pg_locks as select public.sprung() as pid;
