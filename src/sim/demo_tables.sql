-- Schema and rows of database orders; run there as the superuser, once.
alter database orders owner to orders_admin;
grant connect on database orders to public;
grant usage, create on schema public to orders_app;
set role orders_app;

create table customers (
  id bigint generated always as identity primary key,
  name text not null,
  region text not null,
  created_at timestamptz not null default now()
);
create table stock (
  sku text primary key,
  qty integer not null,
  price numeric(10, 2) not null,
  updated_at timestamptz not null default now()
) with (fillfactor = 70);
create table orders (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customers,
  status text not null,
  created_at timestamptz not null default now()
) with (fillfactor = 80);
create index orders_status_created_at on orders (status, created_at);
create table order_items (
  order_id bigint not null,
  sku text not null,
  qty integer not null,
  price numeric(10, 2) not null,
  primary key (order_id, sku)
);
create table order_events (
  id bigint generated always as identity primary key,
  order_id bigint not null,
  kind text not null,
  payload jsonb not null,
  ts timestamptz not null default now()
);
create index order_events_ts on order_events (ts);

insert into customers (name, region)
select 'Customer ' || n, (array['emea', 'amer', 'apac', 'latam'])[1 + n % 4]
from generate_series(1, 2000) as n;

insert into stock (sku, qty, price)
select 'A-' || (10000 + n), 500 + n % 200, 5 + n % 90
from generate_series(1, 1000) as n;

insert into orders (customer_id, status, created_at)
select 1 + n % 2000, (array['new', 'paid', 'packed', 'shipped', 'shipped'])[1 + n % 5],
  now() - (20000 - n) * interval '4 minutes'
from generate_series(1, 20000) as n;

insert into order_items (order_id, sku, qty, price)
select n, 'A-' || (10001 + (n * 7 + k * 131) % 1000), 1 + (n + k) % 3, 5 + (n + k) % 90
from generate_series(1, 20000) as n, generate_series(1, 2) as k;

insert into order_events (order_id, kind, payload, ts)
select 1 + n % 20000, (array['created', 'paid', 'packed', 'shipped'])[1 + n % 4],
  jsonb_build_object('source', 'api', 'attempt', 1 + n % 3), now() - (30000 - n) * interval '3 minutes'
from generate_series(1, 30000) as n;

grant select, insert, update, delete on customers, stock, orders, order_items, order_events to worker;
grant select on customers, stock, orders, order_items, order_events to reporting, app_ro, etl;
grant delete on order_events, order_items, orders to etl;
grant usage on all sequences in schema public to worker;
reset role;
analyze;
