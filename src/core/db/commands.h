/*
 * commands.h: the commands of this layer, for the registry.
 */
#ifndef DB_COMMANDS_H
#define DB_COMMANDS_H

#include "runtime/command.h"

extern const struct source command_explain; /* arguments: explain.h */
extern const struct source command_session; /* arguments: session_detail.h */
extern const struct source command_preview; /* arguments: operate.h */
extern const struct source command_signal;
extern const struct source command_maintain;
extern const struct source command_adopt; /* arguments: cmd_adopt.c */
extern const struct source command_server_change;
extern const struct source command_slow_log_reach; /* arguments: operation, value */
extern const struct source command_doctor;         /* arguments: doctor.h */

#endif
