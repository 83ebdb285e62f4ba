/*
 * proxy.c: *_PROXY as the AWS CLI reads it.
 *
 * libcurl's own reading differs: it takes ALL_PROXY, leaves HTTP_PROXY in upper case aside and matches NO_PROXY by
 * other rules. Where the CLI works, this has to; so the choice is made here, and libcurl is told the outcome.
 *
 * Not here: connecting.
 */
#include "aws/proxy.h"

#include "base/ascii.h"

#include <stdio.h>
#include <stdlib.h>

/* lower, set but empty, hides upper. */
static struct str variable(const char *lower, const char *upper)
{
	const char *v = getenv(lower);

	return str_c(v ? v : getenv(upper));
}

static struct str host_of(struct str url)
{
	long at = str_find(url, STR("://"), 0);
	struct str rest = str_sub(url, at < 0 ? 0 : (size_t)at + 3, url.len), host;

	return str_split(&rest, '/', &host) ? host : STR("");
}

/* Without ":8000"; an IPv6 address keeps its brackets. */
static struct str without_port(struct str host)
{
	size_t n = host.len;

	while (n > 0 && ascii_is_digit(host.ptr[n - 1]))
		n--;
	return n > 0 && host.ptr[n - 1] == ':' ? str_sub(host, 0, n - 1) : host;
}

/* name itself, or a host below it. */
static bool is_below(struct str host, struct str name)
{
	struct str tail;

	if (host.len < name.len)
		return false;
	tail = str_sub(host, host.len - name.len, host.len);
	return str_ieq(tail, name) && (tail.len == host.len || host.ptr[host.len - name.len - 1] == '.');
}

static bool bypasses(struct str host)
{
	struct str names = variable("no_proxy", "NO_PROXY"), name;

	if (str_eq_c(names, "*"))
		return true;
	while (names.len > 0 && str_split(&names, ',', &name)) {
		name = str_trim(name);
		while (name.len > 0 && name.ptr[0] == '.')
			name = str_sub(name, 1, name.len);
		if (name.len > 0 && (is_below(host, name) || is_below(without_port(host), name)))
			return true;
	}
	return false;
}

bool proxy_for(const char *url, char ret_proxy[PROXY_MAX])
{
	struct str u = str_c(url), proxy;
	bool tls = str_starts(u, STR("https:"));
	const char *scheme = "";

	ret_proxy[0] = '\0';
	/* a CGI program gets HTTP_PROXY from whoever asks it */
	if (!tls && getenv("REQUEST_METHOD") && !getenv("http_proxy"))
		return true;
	proxy = tls ? variable("https_proxy", "HTTPS_PROXY") : variable("http_proxy", "HTTP_PROXY");
	if (proxy.len == 0 || bypasses(host_of(u)))
		return true;
	if (str_starts(proxy, STR("//")))
		scheme = "http:";
	else if (str_find(proxy, STR("://"), 0) < 0 && !str_starts(proxy, STR("http:")) &&
		 !str_starts(proxy, STR("https:")))
		scheme = "http://";
	return snprintf(ret_proxy, PROXY_MAX, "%s" STR_FMT, scheme, STR_ARG(proxy)) < PROXY_MAX;
}
