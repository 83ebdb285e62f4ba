/*
 * identity_view.c: see identity_view.h.
 *
 * Each of the three has its command and its newest result; which box is shown is `shown`. A code is typed into the
 * box's own line, drawn as dots and overwritten when it was sent. That a code or a sign-on is wanted is found in the
 * errors of the sources: whoever needs AWS fails with it.
 */
#include "ui/identity_view.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "ui/action.h"
#include "ui/widgets/prose.h"

#include <stdio.h>

#define LABEL_COLUMNS 14
#define CODE_DIGITS 6

enum box { BOX_WHOAMI, BOX_SIGN_ON, BOX_CODE, BOX__COUNT };

struct identity_view {
	enum box shown;
	struct work {
		struct command *command;
		const struct snapshot *result; /* own reference */
		struct err refused;
		int64_t done_us; /* wall; failures of before it are over, 0 = it has not succeeded */
	} work[BOX__COUNT];
	struct prompt code;
	struct err wants_code; /* ERR_NONE = nobody does */
	bool asked, told;      /* for a code, that a sign-on is needed: since it was last not so */
	uint64_t generation;   /* of the target it is about */
};

static const struct {
	const char *command, *title;
} boxes[BOX__COUNT] = {{"whoami", "Who AWS takes us for"}, {"sign_on", "Sign on to AWS"}, {"mfa_code", "MFA code"}};

static struct identity_view *view_of(struct ui *ui)
{
	if (!ui->identity) {
		ui->identity = xcalloc(1, sizeof *ui->identity);
		ui->identity->generation = runtime_target(ui->rt)->generation;
	}
	return ui->identity;
}

static void forget(struct work *w)
{
	command_release(w->command);
	snapshot_unref(w->result);
	*w = (struct work){.done_us = w->done_us};
}

void identity_release(struct ui *ui)
{
	if (!ui->identity)
		return;
	for (size_t i = 0; i < BOX__COUNT; i++)
		forget(&ui->identity->work[i]);
	xfree_secret(ui->identity, sizeof *ui->identity);
	ui->identity = NULL;
}

static void start(struct ui *ui, enum box box, const struct command_arg *args, size_t n)
{
	struct work *w = &view_of(ui)->work[box];

	forget(w);
	w->command = command_start(runtime_commands(ui->rt), boxes[box].command, runtime_target(ui->rt), args, n,
				   &w->refused);
}

static int show(struct ui *ui, enum box box)
{
	view_of(ui)->shown = box;
	ui->overlay = OVERLAY_IDENTITY;
	ui->overlay_scroll = 0;
	return EFFECT_PAINT;
}

int identity_whoami(struct ui *ui)
{
	start(ui, BOX_WHOAMI, NULL, 0);
	return show(ui, BOX_WHOAMI);
}

/* One sign-on at a time: the one that waits is shown again. */
int identity_sign_on(struct ui *ui)
{
	struct work *w = &view_of(ui)->work[BOX_SIGN_ON];

	if (!w->command || !command_running(w->command))
		start(ui, BOX_SIGN_ON, NULL, 0);
	return show(ui, BOX_SIGN_ON);
}

int identity_mfa(struct ui *ui)
{
	struct identity_view *v = view_of(ui);

	if (v->wants_code.code == ERR_NONE) {
		ui_toast(ui, SEV_NOTICE, "no role asks for an MFA code");
		return EFFECT_PAINT;
	}
	explicit_bzero(&v->code, sizeof v->code);
	v->asked = true;
	return show(ui, BOX_CODE);
}

/* ---- what comes ---- */

/* What nobody has asked for since may still say what was true before `since_us`. */
static const struct err *error_with(const struct ui *ui, const char *id, int64_t since_us)
{
	for (size_t i = 0; i < ui->store->n; i++) {
		const struct snapshot *s = ui->store->entries[i].latest;

		if (s && s->state == SNAP_ERROR && s->at_us > since_us && strcmp(s->err.id, id) == 0)
			return &s->err;
	}
	return NULL;
}

static bool is_free(const struct ui *ui)
{
	return ui->overlay == OVERLAY_NONE && !ui->prompt.open && !ui->dialog.open;
}

/* Is somebody wanted? */
static void look_for_wishes(struct ui *ui)
{
	struct identity_view *v = ui->identity;
	const struct err *code = error_with(ui, IDENTITY_NEEDS_CODE, v ? v->work[BOX_CODE].done_us : 0),
			 *login = error_with(ui, IDENTITY_NEEDS_LOGIN, v ? v->work[BOX_SIGN_ON].done_us : 0);

	if (!code && !login && !v)
		return;
	v = view_of(ui);
	if (code)
		v->wants_code = *code;
	else
		err_clear(&v->wants_code);
	if (!code)
		v->asked = false;
	if (code && !v->asked && is_free(ui))
		(void)identity_mfa(ui);
	if (login && !v->told)
		ui_toast(ui, SEV_WARN, "AWS: sign-on needed; type :login");
	v->told = login != NULL;
}

static const struct snapshot *take(struct work *w)
{
	const struct snapshot *s = w->command ? command_result(w->command) : NULL;

	if (s && s != w->result) {
		snapshot_unref(w->result);
		w->result = snapshot_ref(s);
	}
	if (!w->command || command_running(w->command))
		return NULL;
	command_release(w->command);
	w->command = NULL;
	return w->result;
}

static void ended(struct ui *ui, enum box box, const struct snapshot *s)
{
	bool open = ui->overlay == OVERLAY_IDENTITY && ui->identity->shown == box;

	if (box == BOX_WHOAMI)
		return;
	if (s->state != SNAP_OK) {
		if (!open && s->err.code != ERR_CANCELLED)
			ui_toast(ui, SEV_WARN, "%s: %s", boxes[box].title, s->err.text);
		return;
	}
	ui->identity->work[box].done_us = clock_wall_us();
	ui_toast(ui, SEV_OK, box == BOX_CODE ? "AWS: the role was assumed" : "AWS: signed on");
	if (open)
		ui->overlay = OVERLAY_NONE;
	runtime_refresh(ui->rt, NULL);
}

void identity_follow(struct ui *ui)
{
	struct identity_view *v = ui->identity;

	if (v && v->generation != runtime_target(ui->rt)->generation) {
		/* a sign-on is of the profile it was begun for */
		for (size_t i = 0; i < BOX__COUNT; i++)
			forget(&v->work[i]);
		if (ui->overlay == OVERLAY_IDENTITY)
			ui->overlay = OVERLAY_NONE;
		v->asked = v->told = false;
		v->generation = runtime_target(ui->rt)->generation;
	}
	for (size_t i = 0; v && i < BOX__COUNT; i++) {
		const struct snapshot *s = take(&v->work[i]);

		if (s)
			ended(ui, (enum box)i, s);
	}
	look_for_wishes(ui);
}

/* ---- keys ---- */

static int send_code(struct ui *ui, struct identity_view *v)
{
	struct command_arg arg = {"code", {v->code.text, v->code.len}};

	if (ui->pasting)
		return EFFECT_NONE;
	if (v->code.len != CODE_DIGITS) {
		ui_toast(ui, SEV_NOTICE, "an MFA code has %d digits", CODE_DIGITS);
		return EFFECT_PAINT;
	}
	start(ui, BOX_CODE, &arg, 1);
	explicit_bzero(&v->code, sizeof v->code);
	return EFFECT_PAINT;
}

bool identity_types(const struct ui *ui)
{
	return ui->overlay == OVERLAY_IDENTITY && ui->identity && ui->identity->shown == BOX_CODE;
}

static int code_key(struct ui *ui, struct identity_view *v, uint32_t key)
{
	bool digit = key >= '0' && key <= '9';

	if (key == K_ESC || key == K_CTRL_C) {
		explicit_bzero(&v->code, sizeof v->code);
		ui->overlay = OVERLAY_NONE;
		return EFFECT_PAINT;
	}
	if (v->work[BOX_CODE].command)
		return EFFECT_NONE;
	if (key == K_ENTER)
		return send_code(ui, v);
	if ((digit && v->code.len < CODE_DIGITS) || (!digit && (key < ' ' || key >= KEY_FIRST_SPECIAL_)))
		return prompt_edit(&v->code, key) ? EFFECT_PAINT : EFFECT_NONE;
	return EFFECT_NONE;
}

static int copy(struct ui *ui, const struct identity_view *v)
{
	const struct snapshot *s = v->work[v->shown].result;
	struct str text;

	if (!s || s->state != SNAP_OK || s->nrows == 0)
		return EFFECT_NONE;
	text = v->shown == BOX_WHOAMI ? data_str(s, 0, "arn") : data_str(s, 0, "whole_address");
	if (text.len == 0)
		text = data_str(s, 0, "address");
	buf_clear(&ui->copy);
	(void)buf_add_str(&ui->copy, text);
	ui_toast(ui, SEV_OK, v->shown == BOX_WHOAMI ? "identity copied" : "address copied, the code is in it");
	return EFFECT_PAINT;
}

int identity_key(struct ui *ui, uint32_t key)
{
	struct identity_view *v = view_of(ui);

	if (v->shown == BOX_CODE)
		return code_key(ui, v, key);
	switch (action_of_key(key)) {
	case ACTION_COPY:
		return copy(ui, v);
	case ACTION_REFRESH:
		return v->shown == BOX_WHOAMI ? identity_whoami(ui) : identity_sign_on(ui);
	case ACTION_BACK:
	case ACTION_QUIT:
	case ACTION_DETAIL:
		ui->overlay = OVERLAY_NONE;
		return EFFECT_PAINT;
	default:
		return EFFECT_NONE;
	}
}

/* ---- drawing ---- */

static void fact(struct prose *l, const char *label, struct str text)
{
	struct pen pen = prose_label(l, label);

	prose_wrap(l, pen, LABEL_COLUMNS, ROLE_FG, text);
}

static void expiry(const struct ui *ui, struct prose *l, const char *label, const struct snapshot *s)
{
	int64_t at = data_i64(s, 0, "expires_at", 0);
	struct pen pen = prose_label(l, label);
	struct buf b;

	if (!at) {
		pen_text(&pen, ROLE_FG, "no end is known");
		return;
	}
	buf_init(&b, 64);
	(void)format_clock(&b, at, ui->now_us);
	pen_str(&pen, ROLE_FG, buf_str(&b));
	buf_release(&b);
	pen_text(&pen, ROLE_MUTED, ", in ");
	pen_duration(&pen, ROLE_FG, 0, at > ui->now_us ? at - ui->now_us : 0);
}

static void trouble(struct prose *l, const struct err *err)
{
	struct pen pen = prose_line(l);

	pen_glyph(&pen, ROLE_CRIT, G_CRIT);
	pen_skip(&pen, 1);
	prose_wrap(l, pen, 2, ROLE_STRONG, str_c(err->text));
	if (!err->remedy[0])
		return;
	prose_gap(l);
	prose_wrap(l, prose_label(l, "next"), LABEL_COLUMNS, ROLE_FG, str_c(err->remedy));
}

static void draw_whoami(const struct ui *ui, struct prose *l, const struct snapshot *s)
{
	fact(l, "identity", data_str(s, 0, "arn"));
	fact(l, "account", data_str(s, 0, "account"));
	fact(l, "user id", data_str(s, 0, "user_id"));
	prose_gap(l);
	fact(l, "credentials", data_str(s, 0, "origin"));
	expiry(ui, l, "expires", s);
	prose_gap(l);
	fact(l, "profile", data_str(s, 0, "profile"));
	fact(l, "region", data_str(s, 0, "region"));
}

static void draw_sign_on(const struct ui *ui, struct prose *l, const struct snapshot *s)
{
	struct pen pen;

	prose_wrap(l, prose_line(l), 0, ROLE_FG,
		   STR("Open this address in a browser, on any machine, and compare the code there with this one."));
	prose_gap(l);
	pen = prose_label(l, "code");
	pen_bold(&pen, ROLE_ACCENT, "");
	pen_field(&pen, ROLE_ACCENT, ATTR_BOLD, 24, data_str(s, 0, "user_code"), false);
	fact(l, "address", data_str(s, 0, "address"));
	if (data_str(s, 0, "whole_address").len > 0)
		fact(l, "with code", data_str(s, 0, "whole_address"));
	prose_gap(l);
	if (data_str(s, 0, "session").len > 0)
		fact(l, "session", data_str(s, 0, "session"));
	fact(l, "start URL", data_str(s, 0, "start_url"));
	expiry(ui, l, "good until", s);
	prose_gap(l);
	prose_wrap(l, prose_line(l), 0, ROLE_MUTED,
		   STR("y copies the address. This box may be closed: the sign-on is waited for, and said when it is "
		       "there."));
}

static void draw_code(const struct identity_view *v, struct prose *l)
{
	const struct snapshot *s = v->work[BOX_CODE].result;
	struct pen pen;

	if (s && s->state == SNAP_ERROR && !v->work[BOX_CODE].command) {
		trouble(l, &s->err);
		prose_gap(l);
	} else {
		prose_wrap(l, prose_line(l), 0, ROLE_FG, str_c(v->wants_code.text));
		prose_gap(l);
	}
	pen = prose_label(l, "code");
	for (size_t i = 0; i < v->code.len; i++)
		pen_text(&pen, ROLE_STRONG, "*");
	if (v->work[BOX_CODE].command)
		pen_text(&pen, ROLE_MUTED, "sent");
	else
		pen_glyph(&pen, ROLE_ACCENT, G_CURSOR);
	prose_gap(l);
	prose_wrap(
		l, prose_line(l), 0, ROLE_MUTED,
		STR("Six digits and Enter; Esc leaves, and :mfa comes back. Nothing of AWS can be read until then."));
}

static void draw_box(const struct ui *ui, struct prose *l)
{
	const struct identity_view *v = ui->identity;
	const struct work *w = &v->work[v->shown];
	struct pen pen;

	if (w->refused.code != ERR_NONE) {
		trouble(l, &w->refused);
	} else if (v->shown == BOX_CODE) {
		draw_code(v, l);
	} else if (!w->result) {
		pen = prose_line(l);
		pen_text(&pen, ROLE_MUTED, v->shown == BOX_WHOAMI ? "asking AWS" : "asking for a code");
	} else if (w->result->state != SNAP_OK) {
		trouble(l, &w->result->err);
	} else if (v->shown == BOX_WHOAMI) {
		draw_whoami(ui, l, w->result);
	} else {
		draw_sign_on(ui, l, w->result);
	}
}

void identity_draw(struct ui *ui, struct canvas *c)
{
	const struct identity_view *v = view_of(ui);
	struct rect r = overlay_box(ui, c,
				    v->shown == BOX_SIGN_ON ? 17
				    : v->shown == BOX_CODE  ? 10
							    : 12,
				    104, boxes[v->shown].title, "", ROLE_ACCENT);
	struct prose l = {.c = c, .r = r, .bg = ROLE_RAISED, .label_w = LABEL_COLUMNS, .scroll = ui->overlay_scroll};

	draw_box(ui, &l);
	ui->overlay_lines = l.lines;
	if (overlay_beyond(ui, c, r)) {
		l.lines = 0;
		l.scroll = ui->overlay_scroll;
		draw_box(ui, &l);
	}
	overlay_more(ui, c, r);
}

/* ---- another place ---- */

static bool is_name(struct str s, size_t size, bool region)
{
	for (size_t i = 0; i < s.len; i++)
		if (region ? !((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9') ||
			       s.ptr[i] == '-')
			   : (unsigned char)s.ptr[i] < ' ')
			return false;
	return s.len < size;
}

int identity_switch(struct ui *ui, struct str profile, struct str region)
{
	int list = view_by_name("clusters");
	struct target *t;

	if (!runtime_target(ui->rt)->aws || list < 0) {
		ui_toast(ui, SEV_NOTICE, "AWS is not in use here: started with --db alone");
		return EFFECT_PAINT;
	}
	if ((profile.len == 0 && region.len == 0) || !is_name(profile, sizeof t->profile, false) ||
	    !is_name(region, sizeof t->region, true)) {
		ui_toast(ui, SEV_WARN, "%s needs a name, like %s", region.ptr ? "region" : "profile",
			 region.ptr ? "eu-central-1" : "prod");
		return EFFECT_PAINT;
	}
	t = ui_target_for(ui, STR(""));
	if (profile.len > 0)
		(void)snprintf(t->profile, sizeof t->profile, STR_FMT, STR_ARG(profile));
	if (region.len > 0)
		(void)snprintf(t->region, sizeof t->region, STR_FMT, STR_ARG(region));
	/* the cluster that was open is of another place: it is not gone back to */
	ui->left_cluster[0] = '\0';
	ui->next_target = t;
	return ui_show_view(ui, (size_t)list) | EFFECT_PAINT;
}
