/*
 * waits.c: see waits.h.
 *
 * The table holds the events that are met in practice; the rest is explained by its
 * type. Before PostgreSQL 13 lightweight locks had names with underscores or with Lock at
 * the end: names are compared by letters and digits only, case ignored, a final "lock"
 * left out.
 */
#include "model/waits.h"

#include "base/ascii.h"
#include "base/check.h"

struct wait {
	const char *type, *event; /* event NULL: any other of that type */
	const char *words;
};

/* clang-format off */
static const struct wait waits[] = {
	{"", NULL, "running on a processor, or ready to: no wait is reported"},

	{"Activity", NULL, "a background process with nothing to do: it waits for work"},
	{"Activity", "WalSenderMain", "has sent all changes to its standby and waits for more"},

	{"BufferPin", NULL, "needs a page alone while another session still looks at it: often an open cursor"},

	{"Client", NULL, "waits for its client, not for the database"},
	{"Client", "ClientRead", "waits for the next command of its client; in a transaction the client holds everything up"},
	{"Client", "ClientWrite", "waits for the client to take its result: a slow network, or a client that reads slowly"},
	{"Client", "WalSenderWaitForWAL", "a logical replication stream waits for changes"},
	{"Client", "LibPQWalReceiverConnect", "the standby connects to its primary"},
	{"Client", "LibPQWalReceiverReceive", "the standby waits for changes from its primary"},
	{"Client", "SSLOpenServer", "TLS is being set up with the client"},

	{"Extension", NULL, "waits inside an extension"},
	{"InjectionPoint", NULL, "stopped at a test hook of the server"},

	{"IO", NULL, "waits for storage"},
	{"IO", "AuroraEnhancedLogicalWALRead", "logical replication reads changes from Aurora's storage"},
	{"IO", "AuroraOptimizedReadsCacheRead", "reads a page from the instance's local cache disk"},
	{"IO", "AuroraOptimizedReadsCacheSegmentTruncate", "the instance's local cache is being trimmed"},
	{"IO", "AuroraOptimizedReadsCacheWrite", "writes a page to the instance's local cache disk"},
	{"IO", "AuroraStorageLogAllocate", "reserves room for its changes in Aurora's storage log: heavy writing"},
	{"IO", "BufFileRead", "reads a temporary file: a sort or hash did not fit into work_mem"},
	{"IO", "BufFileWrite", "writes a temporary file: a sort or hash did not fit into work_mem"},
	{"IO", "BufFileTruncate", "cuts a temporary file"},
	{"IO", "ControlFileSyncUpdate", "the control file is being written"},
	{"IO", "DataFileExtend", "enlarges a table or index: many rows are being added"},
	{"IO", "DataFileFlush", "a data file is being flushed"},
	{"IO", "DataFileImmediateSync", "a data file is being written through: bulk load or index build"},
	{"IO", "DataFilePrefetch", "asks for pages it will need soon"},
	{"IO", "DataFileRead", "reads a page that was not in shared buffers: a cold cache, or a scan of much data"},
	{"IO", "DataFileSync", "a data file is being made durable: a checkpoint"},
	{"IO", "DataFileTruncate", "gives space at the end of a table back"},
	{"IO", "DataFileWrite", "writes a page: buffers were full of changes, or a checkpoint"},
	{"IO", "RelationMapRead", "reads the map of system tables"},
	{"IO", "SLRURead", "reads transaction status that was not in memory: very old or very many transactions"},
	{"IO", "SLRUWrite", "writes transaction status"},
	{"IO", "VersionFileSync", "a database is being created"},
	{"IO", "WALInitWrite", "a new WAL file is being prepared"},
	{"IO", "WALRead", "reads WAL for a replica or slot"},
	{"IO", "WALSync", "waits until its commit is on disk"},
	{"IO", "WALWrite", "writes WAL: many commits or much change"},
	{"IO", "XactSync", "waits until Aurora's storage has made its commit durable: many small transactions, or busy storage"},

	{"IPC", NULL, "waits for another process of the server"},
	{"IPC", "AppendReady", "waits for subplans that run at the same time"},
	{"IPC", "AuroraLogicalSchemaUpdate", "two processes touch the schema log of logical replication"},
	{"IPC", "AuroraOptimizedReadsCacheWriteStop", "waits for the local cache to finish writing"},
	{"IPC", "BackendTermination", "waits for another session to end"},
	{"IPC", "BgWorkerShutdown", "waits for a background worker to end"},
	{"IPC", "BgWorkerStartup", "waits for a background worker to start"},
	{"IPC", "BtreePage", "a parallel scan waits for its next page of an index"},
	{"IPC", "BufferIO", "another session reads the page it needs: several sessions read the same cold data"},
	{"IPC", "CheckpointDone", "waits for a checkpoint it asked for"},
	{"IPC", "CheckpointStart", "waits for a checkpoint to begin"},
	{"IPC", "DamRecordTxAck", "waits for database activity streams to take its audit record"},
	{"IPC", "ExecuteGather", "collects rows from its parallel workers"},
	{"IPC", "HashBuildHashInner", "parallel workers wait for one another to build a hash table"},
	{"IPC", "MessageQueueReceive", "waits for rows from a parallel worker"},
	{"IPC", "MessageQueueSend", "waits until its leader takes its rows"},
	{"IPC", "ParallelBitmapScan", "parallel workers wait for a bitmap"},
	{"IPC", "ParallelFinish", "waits for its parallel workers to end"},
	{"IPC", "ProcArrayGroupUpdate", "waits for others to mark its transaction as ended: many commits at once"},
	{"IPC", "ProcSignalBarrier", "waits until every session has noticed a change"},
	{"IPC", "RecoveryConflictSnapshot", "replay on this reader waits for a query that still needs old rows"},
	{"IPC", "RecoveryConflictTablespace", "replay on this reader waits for a temporary file to go"},
	{"IPC", "RecoveryPause", "replay is paused"},
	{"IPC", "SafeSnapshot", "a serializable read-only transaction waits for a safe moment"},
	{"IPC", "SyncRep", "its commit waits for a synchronous standby"},
	{"IPC", "WalReceiverWaitStart", "the standby waits for its receiver to start"},
	{"IPC", "XactGroupUpdate", "waits for others to write its transaction's status: many commits at once"},

	{"Lock", NULL, "another session holds a lock it needs: see who blocks it"},
	{"Lock", "advisory", "an application lock (pg_advisory_lock) is held by another session"},
	{"Lock", "applytransaction", "a parallel apply worker of logical replication waits for another"},
	{"Lock", "extend", "several sessions enlarge the same table at once: concurrent bulk inserts"},
	{"Lock", "frozenid", "the oldest frozen transaction of the database is being set by another vacuum"},
	{"Lock", "object", "an object that is not a table is locked, by DDL or in pg_depend"},
	{"Lock", "page", "a page of an index is locked"},
	{"Lock", "relation", "the table is locked as a whole: DDL, LOCK TABLE, VACUUM FULL or a REINDEX stands before it"},
	{"Lock", "spectoken", "waits to see whether another INSERT ... ON CONFLICT goes through"},
	{"Lock", "transactionid", "waits for another transaction to end: it has changed the row this one wants"},
	{"Lock", "tuple", "queues for a row that others wait for already: a hot row"},
	{"Lock", "userlock", "an application lock is held by another session"},
	{"Lock", "virtualxid", "waits for every older transaction to end: CREATE INDEX CONCURRENTLY or the like"},

	{"LWLock", NULL, "waits a moment for a structure in shared memory that many sessions want"},
	{"LWLock", "AutoFile", "the server's configuration is being changed"},
	{"LWLock", "Autovacuum", "autovacuum's list of work is busy"},
	{"LWLock", "BtreeVacuum", "vacuum of an index keeps its list"},
	{"LWLock", "BufferContent", "many sessions change or read the same page: a hot row, index page or sequence"},
	{"LWLock", "BufferIO", "another session reads the page it needs: several sessions read the same cold data"},
	{"LWLock", "BufferMapping", "many sessions bring pages into shared buffers at once: the working set does not fit"},
	{"LWLock", "CommitTsSLRU", "commit timestamps are read or written by many"},
	{"LWLock", "DynamicSharedMemoryControl", "memory for parallel workers is being given out"},
	{"LWLock", "LockFastPath", "sessions hold more locks than have a fast place: many tables, partitions or indexes in one statement"},
	{"LWLock", "LockManager", "many sessions take locks at once: partitions and many indexes, or very many short statements"},
	{"LWLock", "MultiXactGen", "shared row locks are numbered: many foreign-key checks"},
	{"LWLock", "MultiXactMemberBuffer", "members of shared row locks are read: many foreign-key checks on the same rows"},
	{"LWLock", "MultiXactMemberSLRU", "members of shared row locks are read: many foreign-key checks on the same rows"},
	{"LWLock", "MultiXactOffsetBuffer", "shared row locks are looked up: many foreign-key checks on the same rows"},
	{"LWLock", "MultiXactOffsetSLRU", "shared row locks are looked up: many foreign-key checks on the same rows"},
	{"LWLock", "NotifyQueue", "NOTIFY commits one after another"},
	{"LWLock", "OldSnapshotTimeMap", "old_snapshot_threshold is set and makes sessions queue"},
	{"LWLock", "ParallelAppend", "parallel workers choose their next part"},
	{"LWLock", "PgStatsData", "statistics in shared memory are written by many"},
	{"LWLock", "PredicateLockManager", "serializable transactions keep track of what they read"},
	{"LWLock", "ProcArray", "many sessions take snapshots or end transactions at once: too many active connections"},
	{"LWLock", "RelationMapping", "the map of system tables is being changed"},
	{"LWLock", "ReplicationSlotAllocation", "a replication slot is being made or dropped"},
	{"LWLock", "SerializableXactHash", "serializable transactions are being compared"},
	{"LWLock", "SharedTidBitmap", "parallel workers share a bitmap"},
	{"LWLock", "SInvalRead", "reads what others changed in the schema"},
	{"LWLock", "SInvalWrite", "tells others that the schema changed"},
	{"LWLock", "SubtransBuffer", "parents of subtransactions are looked up: many savepoints beside a long transaction"},
	{"LWLock", "SubtransSLRU", "parents of subtransactions are looked up: many savepoints beside a long transaction"},
	{"LWLock", "SyncRep", "the list of commits that wait for a standby is busy"},
	{"LWLock", "WALBufMapping", "WAL buffers are full: much change at once"},
	{"LWLock", "WALInsert", "many sessions write WAL at once"},
	{"LWLock", "WALWrite", "waits for another session's commit to be written: many small transactions"},
	{"LWLock", "XactBuffer", "transaction status is looked up by many"},
	{"LWLock", "XactSLRU", "transaction status is looked up by many"},
	{"LWLock", "XidGen", "transactions are numbered one after another: many short writing transactions"},
	{"LWLock", "pg_stat_statements", "statistics of statements are being written: many different statements"},

	{"Timeout", NULL, "waits for a moment in time"},
	{"Timeout", "BaseBackupThrottle", "a base backup is held back by its rate limit"},
	{"Timeout", "CheckpointWriteDelay", "a checkpoint spreads its work"},
	{"Timeout", "PgSleep", "sleeps because the statement says so (pg_sleep)"},
	{"Timeout", "RecoveryApplyDelay", "replay is delayed on purpose"},
	{"Timeout", "SpinDelay", "waits for a spin lock: very many sessions want the same structure"},
	{"Timeout", "VacuumDelay", "vacuum rests as its cost limit says"},
	{"Timeout", "VacuumTruncate", "vacuum waits for a table to be free, to give space back"},
	{"Timeout", "RegisterSyncRequest", "the queue of file syncs is full"},
};
/* clang-format on */

/* The next letter or digit of s from *at on in lower case, 0 at the end. */
static int next_letter(struct str s, size_t *at)
{
	while (*at < s.len) {
		char c = s.ptr[(*at)++];

		if (c >= 'A' && c <= 'Z')
			return c - 'A' + 'a';
		if ((c >= 'a' && c <= 'z') || ascii_is_digit(c))
			return c;
	}
	return 0;
}

static bool same_name(struct str a, struct str b)
{
	size_t i = 0, k = 0;
	int x, y;

	do {
		x = next_letter(a, &i);
		y = next_letter(b, &k);
	} while (x && x == y);
	return x == y;
}

static bool is_event(struct str event, const char *name)
{
	struct str bare = str_ends(event, STR("Lock")) ? str_sub(event, 0, event.len - 4) : event;

	return same_name(event, str_c(name)) || same_name(bare, str_c(name));
}

struct str wait_explain(struct str type, struct str event)
{
	const char *words = "";

	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		if (!same_name(type, str_c(waits[i].type)))
			continue;
		if (!waits[i].event)
			words = waits[i].words;
		else if (is_event(event, waits[i].event))
			return str_c(waits[i].words);
	}
	return str_c(words);
}
