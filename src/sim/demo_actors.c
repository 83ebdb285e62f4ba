/*
 * The cast. Ordinary traffic is light (some forty transactions a second, a few per cent of a
 * core). Beside it stands what an on-call person should find: a chain of locks four deep that
 * forms, stands for most of a minute and dissolves; a migration that queues behind it now and
 * then, with readers queueing behind the migration; a slow report; a transaction that somebody
 * forgot. Contended rows are apart from those that traffic touches, so nothing else piles up,
 * and no script takes two locks in an order that could deadlock with another.
 */
#include "sim/demo_actors.h"

#include "base/check.h"

#define STEPS(table) .steps = (table), .nsteps = ARRAY_LEN(table)
#define MINUTE_MS 60000

/* clang-format off */
static const struct demo_step api[] = {
	{"begin", "", 0, 0},
	{"with o as (insert into orders (customer_id, status) values ($1, 'new') returning id) "
	 "insert into order_items (order_id, sku, qty, price) select id, $2, $3::integer, 19.90 from o", "csq", 0, 5},
	{"insert into order_events (order_id, kind, payload) values ($1, 'created', '{\"source\": \"api\"}')", "o", 0, 5},
	{"update orders set status = 'paid' where id = $1", "o", 0, 0},
	{"commit", "", 140, 260},
};
static const struct demo_step picker[] = {
	{"begin", "", 0, 0},
	{"select id from orders where status = 'paid' order by created_at limit 5 for update skip locked", "", 60, 300},
	{"update orders set status = 'packed' where id in (select id from orders where status = 'paid' "
	 "order by created_at limit 5 for update skip locked)", "", 0, 20},
	{"commit", "", 500, 1500},
};
static const struct demo_step storefront[] = {
	{"select sku, qty from stock where sku = any($1)", "a", 60, 180},
};
static const struct demo_step dashboard[] = {
	{"select status, count(*) from orders group by status order by status", "", 1500, 2500},
	{"select date_trunc('hour', ts) as hour, count(*) from order_events where ts > now() - interval '2 days' "
	 "group by hour order by hour", "", 1500, 2500},
};
static const struct demo_step report[] = {
	{"select region, revenue from (select c.region, sum(i.qty * i.price) as revenue from order_items i "
	 "join orders o on o.id = i.order_id join customers c on c.id = o.customer_id "
	 "where o.created_at > now() - interval '90 days' group by c.region) as r, pg_sleep($1) order by revenue desc",
	 "t", 9000, 20000},
};
static const struct demo_step export_events[] = {
	{"select e.id, e.order_id, e.kind, e.payload from order_events e, pg_sleep($1) "
	 "where e.ts >= now() - interval '6 hours' order by e.ts limit 500", "t", 20000, 40000},
};
static const struct demo_step tidy[] = {
	{"delete from order_events where ts < now() - interval '1 hour' and id > 30000", "", 1000, 2000},
	{"delete from order_items where order_id > 20000 and order_id < (select max(id) - 20000 from orders)", "", 1000, 2000},
	{"delete from orders where id > 20000 and id < (select max(id) - 20000 from orders)", "", MINUTE_MS, 2 * MINUTE_MS},
};
/* What a log shows beside slow statements: an import that meets known keys, a sort that does not fit. */
static const struct demo_step importer[] = {
	{"select count(*) from stock", "", 20000, 40000},
	{"insert into stock (sku, qty, price) select sku, qty, price from stock order by sku limit 1", "", 1000, 1000},
};
static const struct demo_step sorter[] = {
	{"begin", "", 0, 0},
	{"set local work_mem = '128kB'", "", 0, 0},
	{"select count(*) from (select * from order_items order by price, sku, order_id offset 10) as sorted", "", 0, 0},
	{"commit", "", 30000, 60000},
};
static const struct demo_step pooled[] = {
	{"select 1", "", 30 * MINUTE_MS, 40 * MINUTE_MS},
};

/* The lock chain: root <- packer <- canceller, with late ones queueing at the first row. */
static const struct demo_step chain_root[] = {
	{"begin", "", 0, 0},
	{"update stock set qty = qty - $1 where sku = $2", "qH", 40000, 50000},
	{"commit", "", 4000, 4000},
};
static const struct demo_step chain_packer[] = {
	{"begin", "", 0, 0},
	{"update orders set status = 'packed' where id = $1", "O", 0, 0},
	{"update stock set qty = qty - $1 where sku = $2", "qH", 0, 0},
	{"commit", "", 6000, 6000},
};
static const struct demo_step chain_canceller[] = {
	{"update orders set status = 'cancelled' where id = $1", "O", 8000, 8000},
};
static const struct demo_step chain_late[] = {
	{"update stock set qty = qty - $1 where sku = $2", "qH", 9000, 15000},
};
static const struct demo_step migration[] = {
	{"alter table stock alter column updated_at set default now()", "", 150000, 240000},
};
static const struct demo_step forgotten[] = {
	{"begin", "", 0, 0},
	{"select id, status from orders where id = $1 for update", "I", 20 * MINUTE_MS, 20 * MINUTE_MS},
	{"commit", "", 2000, 2000},
};

const struct demo_actor demo_actors[] = {
	{"orders-api", "orders_app", 1, 0, STEPS(chain_root)},
	{"orders-api", "orders_app", 1, 0, STEPS(forgotten)},
	{"picker", "worker", 1, 1500, STEPS(chain_packer)},
	{"orders-api", "orders_app", 1, 3000, STEPS(chain_canceller)},
	{"orders-api", "orders_app", 2, 5000, STEPS(chain_late)},
	{"flyway", "deploy", 1, 25000, STEPS(migration)},
	{"orders-api", "orders_app", 4, 30, STEPS(api)},
	{"picker", "worker", 2, 200, STEPS(picker)},
	{"storefront", "app_ro", 2, 70, STEPS(storefront)},
	{"metabase", "reporting", 1, 500, STEPS(dashboard)},
	{"metabase", "reporting", 1, 2000, STEPS(report)},
	{"etl", "etl", 1, 8000, STEPS(export_events)},
	{"etl", "etl", 1, 30000, STEPS(tidy)},
	{"importer", "orders_app", 1, 12000, STEPS(importer)},
	{"metabase", "reporting", 1, 6000, STEPS(sorter)},
	{"storefront", "app_ro", 4, 100, STEPS(pooled)},
	{"storefront", "app_ro", 2, 90, STEPS(storefront), .reader = true},
	{"metabase", "reporting", 1, 900, STEPS(dashboard), .reader = true},
	{"metabase", "reporting", 1, 4000, STEPS(report), .reader = true},
};
/* clang-format on */
const size_t demo_nactors = ARRAY_LEN(demo_actors);
