/*
 * commands.h: the commands of this layer, for the registry.
 */
#ifndef AWS_COMMANDS_H
#define AWS_COMMANDS_H

#include "runtime/command.h"

extern const struct source command_aws_preview; /* arguments: operate.h */
extern const struct source command_aws_change;
extern const struct source command_public_address;
extern const struct source command_whoami;
extern const struct source command_mfa_code; /* argument: code */
extern const struct source command_sign_on;

#endif
