/*
 * demo.h: the parts of auroratop-demo, the helper behind `auroratop demo`.
 *
 * Three generations of processes, so that nothing outlives the console:
 *   watcher     the helper's first process. Makes the folder, sees the console's pipe close or a
 *               signal arrive, and when the supervisor is gone for whatever reason, ends every
 *               process it left (it is their subreaper) and removes the folder.
 *   supervisor  own session; owns PostgreSQL, the workload and the simulator. Dies in order when
 *               told to, and also when the watcher dies: then it removes the folder itself.
 *   children    PostgreSQL and the workload, unprivileged, told by the kernel when the supervisor dies.
 * Only killing watcher and supervisor in the same instant can leave the folder (never a process).
 */
#ifndef SIM_DEMO_H
#define SIM_DEMO_H

#include "base/buf.h"
#include "base/err.h"
#include "sim/sim.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define DEMO_DATABASE "orders"
#define DEMO_DOMAIN "rds.demo.example" /* reserved: never resolves, never leaves this machine */
#define DEMO_HASH "c9akci"             /* the account's part of endpoint names, as the simulator makes them */

/* What PostgreSQL writes; the simulated CloudWatch Logs shows it. */
#define DEMO_SERVER_LOG "server.log"
#define DEMO_READER_LOG "standby.log"

#define DEMO_DIR_MAX 80 /* a socket's path must fit in 107 bytes */
#define DEMO_PATH_MAX 512
#define DEMO_SECRET_CHARS 32
#define DEMO_START_US (30 * US_PER_S)
#define DEMO_STOP_US (8 * US_PER_S)

enum demo_node { DEMO_WRITER, DEMO_READER };
#define DEMO_NAME_MAX 64
#define DEMO_FOLLOWED 3 /* cluster parameters that reach the servers */
#define DEMO_PARAMETER_MAX 64

struct demo_options {
	int pipe_fd;          /* reading end; its closing ends the demo; -1 = none */
	int clusters;         /* beside those the simulator always has */
	const char *scenario; /* of the simulator: name or file */
};

/* Whom PostgreSQL and the workload run as. */
/* Who maintains in the demo, and the password file that lets it in. */
#define DEMO_ACTION_USER "orders_admin"
#define DEMO_ACTION_PASS "action.pass"

struct demo_user {
	uid_t uid;
	gid_t gid;
	bool drop; /* we are root and must become this user */
};

struct demo {
	struct demo_options options;
	struct demo_user user;
	struct sim_behind behind; /* which cluster the server stands for */
	char dir[DEMO_DIR_MAX];
	char bin[DEMO_PATH_MAX]; /* folder of initdb and postgres */
	int signals;             /* signalfd of the current process */
	uint16_t db_port, reader_port;
	pid_t postmaster, standby, workload; /* 0 = not running */
	char owner_secret[DEMO_SECRET_CHARS + 1], app_secret[DEMO_SECRET_CHARS + 1],
		oncall_secret[DEMO_SECRET_CHARS + 1];
	char parameters[DEMO_FOLLOWED][DEMO_PARAMETER_MAX]; /* as the simulated cluster has them */
};

/* demo_supervisor.c: the whole life of the supervisor; returns its exit status. */
int demo_supervise(struct demo *d, pid_t watcher);

/* demo_process.c */
/* Blocks INT, TERM, HUP, CHLD for this process and returns a signalfd for them, or -1. */
int demo_signals_open(void);
/* Waits for a signal up to us microseconds; returns its number or 0. */
int demo_signal_wait(int fd, int64_t us);
/* Chooses postgres, else nobody, when we are root. */
bool demo_user_choose(struct demo_user *ret_user, struct err *err) MUST_CHECK;
/* Forks and runs argv[0] as d's user with output in dir/LOG; death_signal comes when we die. */
bool demo_spawn(const struct demo *d, const char *const *argv, const char *log, int death_signal, pid_t *ret_pid,
		struct err *err) MUST_CHECK;
/* In a fresh child: death signal, no inherited descriptors from 3 on but keep, unprivileged user. False = leave. */
bool demo_child_setup(const struct demo_user *user, int death_signal, pid_t parent, int keep);
/* Reaps pid within us microseconds; false when it still runs. */
bool demo_reap(pid_t pid, int64_t us, int *ret_status);
/* Sends sig, waits, then SIGKILL and waits; *pid becomes 0. Does nothing for 0. */
void demo_end(pid_t *pid, int sig, int64_t us);
/* Ends and reaps every child of this process, also those it inherited. */
void demo_end_all_children(void);

/* demo_files.c */
/* A fresh folder, mode 0700, owned by d's user. */
bool demo_dir_make(struct demo *d, struct err *err) MUST_CHECK;
/* Removes a folder and everything in it; tries again while dying processes still write there. */
void demo_dir_remove(const char *dir);
/* Writes dir/NAME, mode 0600, owned by d's user. */
bool demo_file_write(const struct demo *d, const char *name, struct str text, struct err *err) MUST_CHECK;
/* The end of dir/NAME in *out, for messages. */
void demo_file_tail(const struct demo *d, const char *name, struct buf *out);
/* Random letters and digits. */
bool demo_secret(char ret_text[DEMO_SECRET_CHARS + 1], struct err *err) MUST_CHECK;

/* demo_tls.c: a CA for this run (ca.pem) and a certificate for the endpoints' names (server.pem, server.key). */
bool demo_tls_make(const struct demo *d, const char *region, struct err *err) MUST_CHECK;

/* demo_server.c */
/* Finds the newest PostgreSQL server; fills d->bin. */
bool demo_server_find(struct demo *d, struct err *err) MUST_CHECK;
/* initdb, configuration, start on a free port of 127.0.0.1; returns when it accepts connections. */
bool demo_server_start(struct demo *d, struct err *err) MUST_CHECK;
/* A port of 127.0.0.1 that nobody listens on at this moment, 0 when there is none. */
uint16_t demo_free_port(void);
/* Name of the instance that a node stands for, the first or second of the scenario's; "" = there is none. */
void demo_instance(const struct demo *d, enum demo_node node, char ret_name[DEMO_NAME_MAX]);
/* The scenario has a reader. */
bool demo_has_reader(const struct demo *d);
/* Appends keywords that reach DB as USER over TLS by the endpoint name of a node. */
void demo_conninfo(const struct demo *d, enum demo_node node, const char *user, const char *secret, const char *db,
		   struct buf *out);
/* Roles, stand-ins for Aurora's functions, database and rows. */
bool demo_data_load(struct demo *d, struct err *err) MUST_CHECK;

/* err_set with the end of a log of the folder; returns false. */
bool demo_fail_with_log(const struct demo *d, const char *log, struct err *err, const char *what);

/* demo_standby.c */
/* Copies the writer's data folder; before its first start. */
bool demo_standby_copy(const struct demo *d, struct err *err) MUST_CHECK;
/* Starts the reader; the writer runs. */
bool demo_standby_start(struct demo *d, struct err *err) MUST_CHECK;
/* Returns when the reader has the contents and accepts connections. */
bool demo_standby_wait(struct demo *d, struct err *err) MUST_CHECK;

/* demo_parameters.c */
/* Takes the simulated cluster's parameters for what the servers have. */
void demo_parameters_begin(struct demo *d, struct sim *sim);
/* Has the servers take those that changed since; may wait some seconds for a server that does not answer. */
void demo_parameters_follow(struct demo *d, struct sim *sim);

/* demo_workload.c: connects and works until killed; never returns. */
NORETURN void demo_workload_run(const struct demo *d);

#endif
