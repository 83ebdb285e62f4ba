/* conn_param.c: parameters of statements as the server wants them. */
#include "db/conn.h"

/* PostgreSQL counts time from 2000-01-01. */
#define PG_EPOCH_US (INT64_C(946684800) * US_PER_S)

struct conn_param conn_param_time(char out[8], int64_t wall_us)
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)((uint64_t)(wall_us - PG_EPOCH_US) >> (56 - 8 * i) & 0xff);
	return (struct conn_param){OID_TIMESTAMPTZ, out, 8};
}

struct conn_param conn_param_text(const char *text)
{
	return (struct conn_param){OID_TEXT, text, -1};
}
