/*
 * log.h: the diagnostic log, a bounded ring in memory and optionally a file.
 *
 * Core code logs at debug level only; messages are escaped (controls become \xNN)
 * so hostile text cannot forge lines. No secret is ever passed to it. Any thread.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buf.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN };

#define LOG_RING_LINES 512
#define LOG_LINE_MAX 400

void log_write(enum log_level level, const char *where, const char *fmt, ...) PRINTF_LIKE(3, 4);
#define log_debug(...) log_write(LOG_DEBUG, __func__, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __func__, __VA_ARGS__)
/* Appends the newest lines, oldest first, each ended by LF, at most max_lines. */
void log_dump(struct buf *out, int max_lines);
/* Also append to this file descriptor from now on (-1 = none). */
void log_to_fd(int fd);

#endif
