/*
 * commands.h: the commands of this layer, for the registry.
 */
#ifndef AUDIT_COMMANDS_H
#define AUDIT_COMMANDS_H

#include "runtime/command.h"

extern const struct source command_acknowledge; /* arguments: cmd_acknowledge.c */

#endif
