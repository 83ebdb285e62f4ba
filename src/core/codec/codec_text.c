/*
 * codec_text.c: the one place where exported text is masked, so that no format can
 * forget it.
 */
#include "codec/codec_text.h"

#include "model/sqltext.h"

bool codec_field_text(struct buf *out, const struct field *f, union value v, bool mask_literals)
{
	const struct kind_ops *ops = &kind_ops[f->kind];

	if (ops->storage != CT_STR || !(f->kind == K_SQL || (f->flags & F_SENSITIVE)))
		return ops->canonical(out, v);
	return mask_literals ? sql_mask_literals(out, v.str) : sql_mask_secrets(out, v.str);
}
