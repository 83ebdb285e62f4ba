/*
 * src_audit.c: the audit log as a source: read from its files while somebody looks.
 */
#include "audit/audit_read.h"
#include "base/clock.h"
#include "runtime/source.h"

static bool fetch_audit(struct fetch *f, struct err *err)
{
	struct snapshot *entries, *files;
	char path[AUDIT_PATH_MAX];

	if (!audit_path(path, sizeof path)) {
		err_set(err, ERR_UNAVAILABLE, "there is no place for the audit log: HOME is not set");
		err_remedy(err, "set XDG_STATE_HOME to a folder of yours");
		return false;
	}
	fetch_doing(f, "reading the audit log");
	entries = snapshot_new(&audit_type, "audit");
	files = snapshot_new(&audit_file_type, "audit_files");
	if (!audit_load(path, entries, files, err)) {
		snapshot_unref(entries);
		snapshot_unref(files);
		return false;
	}
	/* the files first: who draws the entries says what is wrong with them */
	fetch_publish(f, files);
	fetch_publish(f, entries);
	return true;
}

const struct source source_audit = {
	.name = "audit",
	.title = "the audit log",
	.help = "What the console has changed from this account of this host, newest first: intent and outcome of each "
		"action.",
	.type = &audit_type,
	.lane = LANE_FILES,
	.flags = SOURCE_LOCAL,
	.period_us = 5 * US_PER_S,
	.deadline_us = 10 * US_PER_S,
	.origin = "audit.jsonl",
	.fetch = fetch_audit,
};

const struct source source_audit_files = {
	.name = "audit_files",
	.title = "files of the audit log",
	.help = "The audit log's files: how much of each was read, and what could not be.",
	.type = &audit_file_type,
	.lane = LANE_FILES,
	.flags = SOURCE_LOCAL,
	.fed_by = "audit",
	.origin = "audit.jsonl",
};
