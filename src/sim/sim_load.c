/*
 * sim_load.c: the sessions behind the metric DBLoad: who runs what and waits for what.
 *
 * The cast is that of the demo's workload, so that the history fits what the real database shows. The
 * load of a moment is the metric's value; its ordinary part is shared out by weights that move with
 * slow waves, and what the scenario adds are sessions that wait for the one contended row. Everything is a
 * function of time, as in sim_metrics.c: the same question gets the same answer.
 */
#include "sim/sim_internal.h"

#include <math.h>

#define TURN 6.283185307179586
#define LATE_US (20 * US_PER_S) /* the newest data is not there yet */
#define SAMPLES_MAX 60          /* a long period is judged by some of its moments */
#define CONTENDED 0             /* the statement that waits in the incident */

enum { CPU, DATA_FILE_READ, XACT_SYNC, BUFFER, CLIENT_WRITE, GATHER, TUPLE, TRANSACTION };

const struct sim_wait sim_waits[SIM_WAITS] = {
	[CPU] = {"CPU", "CPU"},
	[DATA_FILE_READ] = {"IO", "IO:DataFileRead"},
	[XACT_SYNC] = {"IO", "IO:XactSync"},
	[BUFFER] = {"LWLock", "LWLock:BufferContent"},
	[CLIENT_WRITE] = {"Client", "Client:ClientWrite"},
	[GATHER] = {"IPC", "IPC:ExecuteGather"},
	[TUPLE] = {"Lock", "Lock:tuple"},
	[TRANSACTION] = {"Lock", "Lock:transactionid"},
};

/* clang-format off */
const struct sim_statement sim_statements[SIM_STATEMENTS] = {
	{"update stock set qty = qty - ? where sku = ?", "update stock set qty = qty - 2 where sku = 'A-10117'",
	 "orders_app", "orders-api", "10.0.3.31"},
	{"select sku, qty from stock where sku = any(?)", "select sku, qty from stock where sku = any('{A-10201,A-10877}')",
	 "app_ro", "storefront", "10.0.4.9"},
	{"with o as (insert into orders (customer_id, status) values (?, ?) returning id) insert into order_items "
	 "(order_id, sku, qty, price) select id, ?, ?, ? from o",
	 "with o as (insert into orders (customer_id, status) values (17, 'new') returning id) insert into order_items "
	 "(order_id, sku, qty, price) select id, 'A-10300', 2, 19.90 from o",
	 "orders_app", "orders-api", "10.0.3.31"},
	{"commit", "commit", "orders_app", "orders-api", "10.0.3.32"},
	{"update orders set status = ? where id in (select id from orders where status = ? order by created_at limit ? for "
	 "update skip locked)",
	 "update orders set status = 'packed' where id in (select id from orders where status = 'paid' order by created_at "
	 "limit 5 for update skip locked)", "worker", "picker", "10.0.5.40"},
	{"select status, count(*) from orders group by status order by status",
	 "select status, count(*) from orders group by status order by status", "reporting", "metabase", "10.0.7.2"},
	{"select region, revenue from (select c.region, sum(i.qty * i.price) as revenue from order_items i join orders o on "
	 "o.id = i.order_id join customers c on c.id = o.customer_id where o.created_at > now() - interval ? group by "
	 "c.region) as r order by revenue desc",
	 "select region, revenue from (select c.region, sum(i.qty * i.price) as revenue from order_items i join orders o on "
	 "o.id = i.order_id join customers c on c.id = o.customer_id where o.created_at > now() - interval '90 days' group "
	 "by c.region) as r order by revenue desc", "reporting", "metabase", "10.0.7.2"},
	{"select e.id, e.order_id, e.kind, e.payload, o.status, o.created_at, c.name, c.region, (select count(*) from "
	 "order_items i where i.order_id = o.id) as items, (select sum(i.qty * i.price) from order_items i where i.order_id "
	 "= o.id) as value, (select max(x.ts) from order_events x where x.order_id = o.id and x.kind = ?) as paid_at, "
	 "(select max(x.ts) from order_events x where x.order_id = o.id and x.kind = ?) as shipped_at from order_events e "
	 "join orders o on o.id = e.order_id join customers c on c.id = o.customer_id where e.ts >= now() - interval ? "
	 "order by e.ts limit ?",
	 "select e.id, e.order_id, e.kind, e.payload, o.status, o.created_at, c.name, c.region, (select count(*) from "
	 "order_items i where i.order_id = o.id) as items, (select sum(i.qty * i.price) from order_items i where i.order_id "
	 "= o.id) as value, (select max(x.ts) from order_events x where x.order_id = o.id and x.kind = 'paid') as paid_at, "
	 "(select max(x.ts) from order_events x where x.order_id = o.id and x.kind = 'shipped') as shipped_at from "
	 "order_events e join orders o on o.id = e.order_id join customers c on c.id = o.customer_id where e.ts >= now() - "
	 "interval '6 hours' order by e.ts limit 500", "etl", "etl", "10.0.7.9"},
	{"delete from order_events where ts < now() - interval ? and id > ?",
	 "delete from order_events where ts < now() - interval '1 hour' and id > 30000", "etl", "etl", "10.0.7.9"},
};

/* How the ordinary load is shared out. */
static const double weights[SIM_STATEMENTS][SIM_WAITS] = {
	{[CPU] = 1, [TRANSACTION] = 1.5, [TUPLE] = 0.5},
	{[CPU] = 9, [DATA_FILE_READ] = 1},
	{[CPU] = 7, [XACT_SYNC] = 1, [BUFFER] = 2},
	{[XACT_SYNC] = 8, [CPU] = 0.5},
	{[CPU] = 6, [BUFFER] = 1.5, [DATA_FILE_READ] = 1},
	{[CPU] = 8, [DATA_FILE_READ] = 3},
	{[CPU] = 10, [DATA_FILE_READ] = 9, [GATHER] = 2.5},
	{[CPU] = 4, [DATA_FILE_READ] = 4, [CLIENT_WRITE] = 3},
	{[CPU] = 2, [DATA_FILE_READ] = 2, [XACT_SYNC] = 0.5},
};
/* clang-format on */

/* Each statement comes and goes in its own rhythm. */
static double wave(const struct sim_cluster *c, size_t statement, int64_t at_us)
{
	uint64_t h = sim_hash(c->hash, 1000 + statement);
	double seconds = (double)at_us / 1e6, period = 400 + 1600 * sim_hash_unit(h);

	return 1 + 0.6 * sin(TURN * (seconds / period + sim_hash_unit(sim_hash(h, 1)))) +
	       0.3 * sin(TURN * seconds / (period / 7.3));
}

static bool at_moment(const struct sim *s, const struct sim_cluster *c, int member, int64_t at_us,
		      double (*load)[SIM_WAITS])
{
	double total, added, sum = 0, moved[SIM_STATEMENTS];

	if (!sim_db_load(s, c, member, at_us, &total, &added))
		return false;
	for (size_t i = 0; i < SIM_STATEMENTS; i++) {
		moved[i] = wave(c, i, at_us);
		for (size_t k = 0; k < SIM_WAITS; k++)
			sum += weights[i][k] * moved[i];
	}
	for (size_t i = 0; i < SIM_STATEMENTS; i++)
		for (size_t k = 0; k < SIM_WAITS; k++)
			load[i][k] += (total - added) * weights[i][k] * moved[i] / sum;
	load[CONTENDED][TRANSACTION] += added * 0.6;
	load[CONTENDED][TUPLE] += added * 0.4;
	return true;
}

bool sim_load(const struct sim *s, const struct sim_cluster *c, int member, int64_t start_us, int64_t period_us,
	      double (*ret_load)[SIM_WAITS])
{
	int64_t step = period_us < US_PER_MIN ? US_PER_S : US_PER_MIN;
	int64_t n = period_us / step, stride = n > SAMPLES_MAX ? n / SAMPLES_MAX : 1;
	double taken = 0;

	memset(ret_load, 0, SIM_STATEMENTS * sizeof(*ret_load));
	if (start_us + period_us + LATE_US > sim_now(s))
		return false;
	for (int64_t at = start_us; at < start_us + period_us; at += step * stride)
		taken += at_moment(s, c, member, at, ret_load);
	for (size_t i = 0; i < SIM_STATEMENTS && taken > 0; i++)
		for (size_t k = 0; k < SIM_WAITS; k++)
			ret_load[i][k] /= taken;
	return taken > 0;
}
