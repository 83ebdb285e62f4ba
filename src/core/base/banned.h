/*
 * banned.h: forced into every compilation; calls that are unsafe, depend on the locale
 * or hide state fail to compile. System headers come first, so that their own
 * declarations are not touched.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define strcpy(...) banned_strcpy_use_buf_h
#define strcat(...) banned_strcat_use_buf_h
#define strncpy(...) banned_strncpy_use_buf_h
#define strncat(...) banned_strncat_use_buf_h
#undef sprintf
#define sprintf(...) banned_sprintf_use_snprintf
#undef vsprintf
#define vsprintf(...) banned_vsprintf_use_vsnprintf
#define strtok(...) banned_strtok_use_str_split
#define atoi(...) banned_atoi_use_parse_h
#define atol(...) banned_atol_use_parse_h
#define atof(...) banned_atof_use_parse_h
#define strtol(...) banned_strtol_use_parse_h
#define strtoul(...) banned_strtoul_use_parse_h
#define sscanf(...) banned_sscanf_use_parse_h
#define gets(...) banned_gets
#define localtime(...) banned_localtime_use_clock_h
#define gmtime(...) banned_gmtime_use_clock_h
#define ctime(...) banned_ctime_use_clock_h
#define asctime(...) banned_asctime_use_clock_h
#define strerror(...) banned_strerror_use_err_errno
#define putenv(...) banned_putenv
#define popen(...) banned_popen
#define rand(...) banned_rand
#define qsort(...) banned_qsort_use_sort_h
#undef alloca
#define alloca(...) banned_alloca
#ifndef ALLOW_SYSTEM_MEMORY /* only base/xalloc.c and base/arena.c define it */
#define malloc(...) banned_malloc_use_xalloc
#define calloc(...) banned_calloc_use_xcalloc
#define realloc(...) banned_realloc_use_xrealloc_array
#undef strdup
#define strdup(...) banned_strdup_use_xstrdup
#undef strndup
#define strndup(...) banned_strndup_use_xstrndup
#endif

#endif
