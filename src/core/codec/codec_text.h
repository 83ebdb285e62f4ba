/*
 * codec_text.h: private to the codecs: text of one field as an export may show it.
 */
#ifndef CODEC_CODEC_TEXT_H
#define CODEC_CODEC_TEXT_H

#include "model/rec.h"

#define CODEC_TEXT_MAX (64u << 20)

/* Appends the canonical text of a value; statement and sensitive text never shows a password, and no literal when
 * mask_literals is set. */
bool codec_field_text(struct buf *out, const struct field *f, union value v, bool mask_literals);

#endif
