/*
 * proxy.h: which proxy a URL goes through, by the variables and rules of the AWS CLI. Any thread.
 */
#ifndef AWS_PROXY_H
#define AWS_PROXY_H

#include "base/err.h"
#include "base/str.h"

#define PROXY_MAX 1024

/*
 * "" = none. HTTPS_PROXY for https, HTTP_PROXY for http; names in lower case come first, and an empty one there takes
 * the other back. NO_PROXY names hosts, each with all hosts below it; "*" is all. ALL_PROXY does not count. False: the
 * proxy's URL is longer than PROXY_MAX. The URL may hold a password: it is never shown.
 */
bool proxy_for(const char *url, char ret_proxy[PROXY_MAX]) MUST_CHECK;

#endif
