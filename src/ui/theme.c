/*
 * theme.c: finding and reading theme files.
 *
 * A theme is looked for in $XDG_CONFIG_HOME/auroratop/themes, then in each folder of
 * $XDG_DATA_DIRS + /auroratop/themes, then among the compiled-in ones, so that a user's
 * file overrides ours. A file that names only a few roles is whole all the same: a role
 * it leaves out follows a role it sets (a search hit's text follows `strong`, the bars
 * follow the ground), and else has the value of the compiled-in dark or light theme that
 * `base` names. All faults of a file are reported at once, with line and nearest word.
 * This file reads and fills; what a style looks like is theme_look.c.
 */
#include "ui/theme.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/embedded.h"
#include "base/ini.h"
#include "base/parse.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "ui/theme_impl.h"

#include <dirent.h>

#define THEMES_MAX 128
#define THEME_FOLDERS_MAX 32
#define THEME_PATH_MAX 4096

extern const struct embedded theme_files[];
extern const size_t theme_nfiles;

#define NO_ROLE ROLE__COUNT

/* clang-format off */
static const struct role_row {
	const char *name;
	enum role follows; /* when the file sets that one and not this one */
} rows[] = {
	[ROLE_BG]           = {"bg", NO_ROLE},
	[ROLE_BAR]          = {"bar", ROLE_BG},
	[ROLE_RAISED]       = {"raised", ROLE_BAR},
	[ROLE_LINE]         = {"line", ROLE_FAINT},
	[ROLE_GRID]         = {"grid", ROLE_LINE},
	[ROLE_FG]           = {"fg", NO_ROLE},
	[ROLE_STRONG]       = {"strong", ROLE_FG},
	[ROLE_MUTED]        = {"muted", ROLE_FG},
	[ROLE_FAINT]        = {"faint", ROLE_MUTED},
	[ROLE_ACCENT]       = {"accent", NO_ROLE},
	[ROLE_SELBG]        = {"selbg", NO_ROLE},
	[ROLE_IDLEBG]       = {"idlebg", ROLE_BAR},
	[ROLE_OK]           = {"ok", NO_ROLE},
	[ROLE_NOTICE]       = {"notice", NO_ROLE},
	[ROLE_WARN]         = {"warn", NO_ROLE},
	[ROLE_CRIT]         = {"crit", NO_ROLE},
	[ROLE_WARNBG]       = {"warnbg", ROLE_BAR},
	[ROLE_CRITBG]       = {"critbg", ROLE_BAR},
	[ROLE_MATCH]        = {"match", ROLE_STRONG},
	[ROLE_MATCHBG]      = {"matchbg", ROLE_SELBG},
	[ROLE_KW]           = {"kw", ROLE_ACCENT},
	[ROLE_STRLIT]       = {"str", ROLE_FG},
	[ROLE_NUM]          = {"num", ROLE_FG},
	[ROLE_PAR]          = {"par", ROLE_FG},
	[ROLE_G1]           = {"g1", ROLE_ACCENT},
	[ROLE_G2]           = {"g2", ROLE_G1},
	[ROLE_G3]           = {"g3", ROLE_G1},
	[ROLE_G1B]          = {"g1b", ROLE_GRID},
	[ROLE_G2B]          = {"g2b", ROLE_G1B},
	[ROLE_G3B]          = {"g3b", ROLE_G1B},
	[ROLE_CPU]          = {"cpu", NO_ROLE},
	[ROLE_IO]           = {"io", NO_ROLE},
	[ROLE_CLIENT]       = {"client", NO_ROLE},
	[ROLE_IPC]          = {"ipc", NO_ROLE},
	[ROLE_LWLOCK]       = {"lwlock", NO_ROLE},
	[ROLE_TIMEOUT]      = {"timeout", NO_ROLE},
	[ROLE_OTHER]        = {"other", NO_ROLE},
	[ROLE_LOCK]         = {"lock", NO_ROLE},
	[ROLE_CPU_TEXT]     = {"cpu_text", ROLE_CPU},
	[ROLE_IO_TEXT]      = {"io_text", ROLE_IO},
	[ROLE_CLIENT_TEXT]  = {"client_text", ROLE_CLIENT},
	[ROLE_IPC_TEXT]     = {"ipc_text", ROLE_IPC},
	[ROLE_LWLOCK_TEXT]  = {"lwlock_text", ROLE_LWLOCK},
	[ROLE_TIMEOUT_TEXT] = {"timeout_text", ROLE_TIMEOUT},
	[ROLE_OTHER_TEXT]   = {"other_text", ROLE_OTHER},
	[ROLE_LOCK_TEXT]    = {"lock_text", ROLE_LOCK},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(rows) == ROLE__COUNT, "every role has a row");

/* What one file says, before the gaps are filled. */
struct draft {
	struct theme *theme;
	bool set[ROLE__COUNT], index_set[ROLE__COUNT];
	const char *base;
	const char *file;
	struct buf faults;
};

const char *role_name(enum role r)
{
	CHECK((unsigned)r < ROLE__COUNT);
	return rows[r].name;
}

static bool role_find(struct str name, enum role *ret_role)
{
	for (unsigned r = 0; r < ROLE__COUNT; r++)
		if (str_eq_c(name, rows[r].name)) {
			*ret_role = (enum role)r;
			return true;
		}
	return false;
}

static void fault(struct draft *d, int line, const char *what, struct str word, const char *hint)
{
	if (d->faults.len)
		buf_add_c(&d->faults, "; ");
	buf_addf(&d->faults, "%s:%d: %s \"" STR_FMT "\"", d->file, line, what, (int)(word.len > 60 ? 60 : word.len),
		 word.ptr ? word.ptr : "");
	if (hint)
		buf_addf(&d->faults, ", %s", hint);
}

static void fault_role(struct draft *d, const struct ini_entry *e)
{
	const char *names[ROLE__COUNT];
	char hint[64];

	for (unsigned r = 0; r < ROLE__COUNT; r++)
		names[r] = rows[r].name;
	const char *near = parse_nearest(e->key, names, ROLE__COUNT);
	if (near)
		snprintf(hint, sizeof(hint), "did you mean %s", near);
	fault(d, e->line, "no such colour role", e->key, near ? hint : NULL);
}

static bool hex_color(struct str s, uint32_t *ret_rgb)
{
	uint32_t rgb = 0;

	if (s.len != 7 || s.ptr[0] != '#')
		return false;
	for (size_t i = 1; i < 7; i++) {
		char c = s.ptr[i];
		uint32_t digit;
		if (ascii_is_digit(c))
			digit = (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (uint32_t)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			digit = (uint32_t)(c - 'A') + 10;
		else
			return false;
		rgb = rgb << 4 | digit;
	}
	*ret_rgb = rgb;
	return true;
}

static bool attr_word(struct str word, uint8_t *attr)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} words[] = {{"bold", ATTR_BOLD}, {"dim", ATTR_DIM}, {"underline", ATTR_UNDERLINE}, {"reverse", ATTR_REVERSE}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_c(word, words[i].name)) {
			*attr |= words[i].bit;
			return true;
		}
	return false;
}

/* "#rrggbb bold underline" */
static void read_color(struct draft *d, const struct ini_entry *e)
{
	enum role r;
	struct str rest = e->value, word;
	uint32_t rgb = 0;
	uint8_t attr = 0;
	bool first = true, good = true;

	if (!role_find(e->key, &r)) {
		fault_role(d, e);
		return;
	}
	while (good && str_split(&rest, ' ', &word)) {
		if (word.len == 0)
			continue;
		good = first ? hex_color(word, &rgb) : attr_word(word, &attr);
		first = false;
	}
	if (!good || first) {
		fault(d, e->line, "not a colour:", e->value, "write #rrggbb [bold|dim|underline|reverse]");
		return;
	}
	d->theme->rgb[r] = rgb;
	d->theme->attr[r] = attr;
	d->set[r] = true;
}

static void read_index(struct draft *d, const struct ini_entry *e)
{
	enum role r;
	int64_t index;

	if (!role_find(e->key, &r)) {
		fault_role(d, e);
		return;
	}
	if (!parse_i64(e->value, &index) || index < 0 || index > 255) {
		fault(d, e->line, "not a number from 0 to 255:", e->value, NULL);
		return;
	}
	d->theme->index[r] = (uint8_t)index;
	d->index_set[r] = true;
}

static void read_head(struct draft *d, const struct ini_entry *e)
{
	if (str_eq_c(e->key, "name")) {
		/* The file's name counts, so that what is listed can be loaded. */
	} else if (str_eq_c(e->key, "base")) {
		if (str_eq_c(e->value, "dark"))
			d->base = "dark";
		else if (str_eq_c(e->value, "light"))
			d->base = "light";
		else
			fault(d, e->line, "unknown base", e->value, "write dark or light");
	} else if (str_eq_c(e->key, "colors")) {
		d->theme->mono = str_eq_c(e->value, "none");
		if (!d->theme->mono)
			fault(d, e->line, "unknown value of colors:", e->value, "only none is possible");
	} else {
		fault(d, e->line, "no such key", e->key, "[theme] knows name, base and colors");
	}
}

static void read_entries(struct draft *d, const struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->entries[i];
		if (str_eq_c(e->section, "theme"))
			read_head(d, e);
		else if (str_eq_c(e->section, "colors"))
			read_color(d, e);
		else if (str_eq_c(e->section, "colors256"))
			read_index(d, e);
		else
			fault(d, e->line, "no such section", e->section,
			      "themes have [theme], [colors] and [colors256]");
	}
}

static const struct embedded *embedded_find(const char *name)
{
	for (size_t i = 0; i < theme_nfiles; i++) {
		struct str file = str_c(theme_files[i].name);
		if (str_ends(file, STR(".ini")) && str_eq_c(str_sub(file, 0, file.len - 4), name))
			return &theme_files[i];
	}
	return NULL;
}

/* The role that r takes its look from when the file leaves it out, or NO_ROLE; the chains are short and end. */
static enum role followed(const struct draft *d, unsigned r)
{
	enum role from = rows[r].follows;

	while (from != NO_ROLE && !d->set[from])
		from = rows[from].follows;
	return from;
}

static void take(struct draft *d, unsigned r, const struct theme *source, unsigned from, bool with_index)
{
	d->theme->rgb[r] = source->rgb[from];
	d->theme->attr[r] = source->attr[from];
	if (with_index && !d->index_set[r]) {
		d->theme->index[r] = source->index[from];
		d->index_set[r] = true;
	}
}

static void fill_gaps(struct draft *d, const struct theme *base)
{
	struct theme *t = d->theme;

	for (unsigned r = 0; r < ROLE__COUNT; r++) {
		enum role from = followed(d, r);
		if (d->set[r])
			continue;
		if (from != NO_ROLE)
			take(d, r, t, from, d->index_set[from]);
		else if (base)
			take(d, r, base, r, true);
	}
	for (unsigned r = 0; r < ROLE__COUNT; r++)
		if (!d->index_set[r])
			t->index[r] = theme_nearest256(t->rgb[r]);
}

static bool theme_parse(const char *name, const char *file, struct ini *ini, struct theme **ret_theme, struct err *err);

/* The compiled-in theme a file builds on; NULL for the base themes themselves. */
static bool base_load(const struct draft *d, struct theme **ret_base, struct err *err)
{
	const struct embedded *e = embedded_find(d->base);
	struct ini ini;
	bool ok = true;

	*ret_base = NULL;
	bool whole = true;
	for (unsigned r = 0; r < ROLE__COUNT; r++)
		whole = whole && d->set[r];
	if (whole || !e || strcmp(d->file, e->name) == 0)
		return true;
	ok = ini_parse(&ini, e->name, (struct str){e->text, e->len}, INI_QUOTES, err) &&
	     theme_parse(d->base, e->name, &ini, ret_base, err);
	ini_release(&ini);
	return ok;
}

/* file is the compiled-in file's name, or the path. */
static bool theme_parse(const char *name, const char *file, struct ini *ini, struct theme **ret_theme, struct err *err)
{
	static unsigned serial;
	struct draft d = {.theme = xalloc(sizeof(*d.theme)), .base = "dark", .file = file};
	struct theme *base = NULL;
	bool ok = false;

	buf_init(&d.faults, 64 * 1024);
	read_entries(&d, ini);
	if (d.faults.len || d.faults.failed) {
		err_set(err, ERR_CONFIG, "%s", buf_c(&d.faults));
		err_remedy(err, "correct the theme file, or choose another theme with --theme");
		goto out;
	}
	if (!base_load(&d, &base, err))
		goto out;
	fill_gaps(&d, base);
	snprintf(d.theme->name, sizeof(d.theme->name), "%s", name);
	d.theme->serial = ++serial;
	*ret_theme = d.theme;
	d.theme = NULL;
	ok = true;
out:
	theme_free(base);
	theme_free(d.theme);
	buf_release(&d.faults);
	return ok;
}

static size_t add_folder(char (*folders)[THEME_PATH_MAX], size_t n, struct str dir, const char *tail)
{
	/* The base directory specification: relative values are ignored. */
	if (n == THEME_FOLDERS_MAX || dir.len == 0 || dir.ptr[0] != '/' || dir.len > THEME_PATH_MAX / 2)
		return n;
	snprintf(folders[n], THEME_PATH_MAX, STR_FMT "%s", STR_ARG(dir), tail);
	return n + 1;
}

/* Folders of the user, first wins. */
static size_t user_folders(char (*folders)[THEME_PATH_MAX])
{
	struct str home = str_c(getenv("HOME")), config = str_c(getenv("XDG_CONFIG_HOME"));
	struct str data = str_c(getenv("XDG_DATA_DIRS")), dir;
	size_t n = 0;

	if (config.len && config.ptr[0] == '/')
		n = add_folder(folders, n, config, "/auroratop/themes");
	else
		n = add_folder(folders, n, home, "/.config/auroratop/themes");
	if (data.len == 0)
		data = STR("/usr/local/share:/usr/share");
	while (str_split(&data, ':', &dir))
		n = add_folder(folders, n, dir, "/auroratop/themes");
	return n;
}

/* Names come from the command line and the palette: no paths, nothing hidden. */
static bool name_valid(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len < THEME_NAME_MAX && name[0] != '.' && strspn(name, allowed) == len;
}

static char names_pool[THEMES_MAX][THEME_NAME_MAX];

static size_t pool_add(size_t n, struct str file)
{
	char name[THEME_NAME_MAX];

	if (n == THEMES_MAX || !str_ends(file, STR(".ini")) || file.len - 4 >= THEME_NAME_MAX)
		return n;
	snprintf(name, sizeof(name), STR_FMT, (int)file.len - 4, file.ptr);
	if (!name_valid(name))
		return n;
	for (size_t i = 0; i < n; i++)
		if (strcmp(names_pool[i], name) == 0)
			return n;
	memcpy(names_pool[n], name, sizeof(name));
	return n + 1;
}

static int compare_names(uint32_t a, uint32_t b, void *ctx)
{
	(void)ctx;
	return strcmp(names_pool[a], names_pool[b]);
}

size_t theme_names(const char **names, size_t max)
{
	char(*folders)[THEME_PATH_MAX] = xcalloc(THEME_FOLDERS_MAX, sizeof(*folders));
	uint32_t order[THEMES_MAX], scratch[THEMES_MAX];
	size_t nfolders = user_folders(folders), n = 0;

	for (size_t i = 0; i < theme_nfiles; i++)
		n = pool_add(n, str_c(theme_files[i].name));
	for (size_t i = 0; i < nfolders; i++) {
		DIR *dir = opendir(folders[i]);
		const struct dirent *entry;
		while (dir && (entry = readdir(dir)) != NULL)
			n = pool_add(n, str_c(entry->d_name));
		if (dir)
			closedir(dir);
	}
	xfree(folders);
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	sort_indices(order, scratch, n, compare_names, NULL);
	if (n > max)
		n = max;
	for (size_t i = 0; i < n; i++)
		names[i] = names_pool[order[i]];
	return n;
}

static bool unknown_name(const char *name, struct err *err)
{
	const char *names[THEMES_MAX];
	size_t n = theme_names(names, THEMES_MAX);
	const char *near = parse_nearest(str_c(name), names, n);

	err_set(err, ERR_NOT_FOUND, "no theme named \"%.60s\"", name);
	if (near)
		err_remedy(err, "did you mean %s", near);
	else
		err_remedy(err, "the themes in the program are dark, light, high-contrast, colour-blind, mono, nord "
				"and solarized");
	return false;
}

/* *ret_found tells a missing file from a bad one. */
static bool user_load(const char *name, struct theme **ret_theme, bool *ret_found, struct err *err)
{
	char(*folders)[THEME_PATH_MAX] = xcalloc(THEME_FOLDERS_MAX, sizeof(*folders));
	size_t n = user_folders(folders);
	bool ok = false;

	*ret_found = false;
	for (size_t i = 0; i < n && !*ret_found; i++) {
		struct buf path;
		struct ini ini = {0};
		buf_init(&path, 2 * THEME_PATH_MAX);
		buf_addf(&path, "%s/%s.ini", folders[i], name);
		bool read = ini_read_file(&ini, buf_c(&path), INI_QUOTES, err);
		*ret_found = read || err->code != ERR_NOT_FOUND;
		ok = read && theme_parse(name, buf_c(&path), &ini, ret_theme, err);
		ini_release(&ini);
		buf_release(&path);
	}
	xfree(folders);
	return ok;
}

bool theme_load(const char *name, struct theme **ret_theme, struct err *err)
{
	const struct embedded *e;
	struct err user_err = {0};
	struct ini ini = {0};
	bool found = false;

	if (!name_valid(name))
		return unknown_name(name, err);
	if (user_load(name, ret_theme, &found, &user_err))
		return true;
	if (found) {
		*err = user_err;
		return false;
	}
	e = embedded_find(name);
	if (!e)
		return unknown_name(name, err);
	bool ok = ini_parse(&ini, e->name, (struct str){e->text, e->len}, INI_QUOTES, err) &&
		  theme_parse(name, e->name, &ini, ret_theme, err);
	ini_release(&ini);
	return ok;
}

void theme_free(struct theme *t)
{
	xfree(t);
}

const char *theme_name(const struct theme *t)
{
	return t->name;
}

bool theme_is_mono(const struct theme *t)
{
	return t->mono;
}

unsigned theme_serial(const struct theme *t)
{
	return t->serial;
}

uint32_t theme_rgb(const struct theme *t, enum role r)
{
	CHECK((unsigned)r < ROLE__COUNT);
	return t->rgb[r];
}
