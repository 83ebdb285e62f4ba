/*
 * vtshot.c: runs a terminal program, sends it keys and writes what its screen shows.
 *
 *     vtshot [-s COLSxROWS] [-e NAME=VALUE]... OUT KEYS COMMAND [ARG...]
 *
 * writes OUT.svg and OUT.txt. KEYS: text is typed; @500 waits 500 ms; <Up> <Enter> <Tab> <Esc>
 * <PgDn> <F1> <C-f> press keys; <Mouse ROW COL> clicks, <Resize ROWS COLS> resizes, <Wait TEXT>
 * waits until the text is on the screen. The exit code is 1 when a wait was in vain.
 */
#include "base/utf8.h"
#include "term/vt.h"

#include <locale.h>
#include <string.h>
#include <unistd.h>

#define ENV_MAX 32

static bool write_file(const char *base, const char *ending, const struct vt *v)
{
	char path[4096];
	bool svg = strcmp(ending, "svg") == 0;

	snprintf(path, sizeof(path), "%s.%s", base, ending);
	FILE *f = fopen(path, "w");
	if (!f) {
		fprintf(stderr, "vtshot: cannot write %s\n", path);
		return false;
	}
	if (svg) {
		vt_dump_svg(v, f);
	} else {
		struct buf text;
		buf_init(&text, 16u << 20);
		vt_dump_text(v, &text);
		fwrite(text.data, 1, text.len, f);
		buf_release(&text);
	}
	return fclose(f) == 0;
}

static int usage(void)
{
	fputs("usage: vtshot [-s COLSxROWS] [-e NAME=VALUE]... OUT KEYS COMMAND [ARG...]\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *env[ENV_MAX + 1] = {"COLORTERM=truecolor"};
	size_t nenv = 1;
	int rows = 48, cols = 160, option;

	setlocale(LC_CTYPE, "C.UTF-8");
	while ((option = getopt(argc, argv, "+s:e:")) != -1) {
		if (option == 's' && sscanf(optarg, "%dx%d", &cols, &rows) == 2 && rows > 0 && cols > 0)
			continue;
		if (option != 'e' || nenv == ENV_MAX)
			return usage();
		env[nenv++] = optarg;
	}
	if (argc - optind < 3)
		return usage();
	struct vt *v = vt_start(rows, cols, (const char *const *)argv + optind + 2, env);
	bool ok = vt_script(v, argv[optind + 1]);
	if (!ok)
		fprintf(stderr, "vtshot: a key is unknown or a text did not come: %s\n", argv[optind + 1]);
	ok &= write_file(argv[optind], "svg", v);
	ok &= write_file(argv[optind], "txt", v);
	vt_free(v);
	return ok ? 0 : 1;
}
