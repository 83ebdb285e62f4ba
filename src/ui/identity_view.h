/*
 * identity_view.h: who AWS takes us for, signing on, and the code of an MFA device: three boxes over a view.
 *
 * A command runs behind each. The box may be closed while a sign-on waits for somebody in a browser: it goes on, and a
 * message says how it ended. When a role wants an MFA code the box opens by itself, once. UI thread only.
 */
#ifndef UI_IDENTITY_VIEW_H
#define UI_IDENTITY_VIEW_H

#include "ui/ui.h"

/* What providers of credentials write into err.id when a person is needed. */
#define IDENTITY_NEEDS_CODE "MfaCodeNeeded"
#define IDENTITY_NEEDS_LOGIN "SsoLoginNeeded"

/* Opens the box. Returns effects. */
int identity_whoami(struct ui *ui);
int identity_sign_on(struct ui *ui);
int identity_mfa(struct ui *ui);
/* After data arrived: takes what commands have brought; opens the box for a code that is wanted. */
void identity_follow(struct ui *ui);
void identity_draw(struct ui *ui, struct canvas *c);
/* A key while the box is open; returns effects. */
int identity_key(struct ui *ui, uint32_t key);
/* A code is typed into the box. */
bool identity_types(const struct ui *ui);
/* Another profile or region, "" = as it is; then its clusters are there to choose from. Returns effects. */
int identity_switch(struct ui *ui, struct str profile, struct str region);
/* Gives up what is under way. */
void identity_release(struct ui *ui);

#endif
