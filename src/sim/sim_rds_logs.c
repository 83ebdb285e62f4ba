/*
 * sim_rds_logs.c: RDS DescribeDBLogFiles and DownloadDBLogFilePortion.
 *
 * The files are the real ones of the options; each belongs to one instance and goes by the name that
 * Aurora would give it. A portion is read from the file itself; a Marker is HOUR:OFFSET, "0" the
 * start of the file.
 */
#include "sim/sim_rds.h"

#include "base/utf8.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORTION_BYTES_MAX (1u << 20)
#define LINES_DEFAULT 10000

struct file {
	const char *path;
	char name[64];
	int64_t written_ms, size;
};

/* Log files of one instance that exist now. */
static size_t list_files(struct sim_request *r, const struct sim_cluster *c, int member, struct file *out)
{
	size_t n = 0;
	struct civil t;

	clock_civil(r->sim->epoch_us, &t);
	for (size_t i = 0; c->is_orders && i < SIM_LOG_FILES_MAX; i++) {
		const struct sim_log_file *f = &r->sim->o.logs[i];
		bool own = f->instance ? strcmp(f->instance, c->members[member].id) == 0
				       : member == sim_cluster_writer(c, r->now_us);
		struct stat st;

		if (!f->path || !own || stat(f->path, &st) != 0)
			continue;
		out[n].path = f->path;
		out[n].written_ms = st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
		out[n].size = st.st_size;
		snprintf(out[n].name, sizeof(out[n].name), "error/postgresql.log.%04d-%02d-%02d-%02d00", t.year,
			 t.month, t.day, t.hour);
		n++;
	}
	return n;
}

static bool find_instance(struct sim_request *r, struct sim_cluster **ret_cluster, int *ret_member)
{
	struct str id = sim_param(r, "DBInstanceIdentifier");

	*ret_cluster = sim_instance_find(r->sim, id, ret_member);
	return *ret_cluster || sim_fail(r, 404, "DBInstanceNotFound", "DBInstance " STR_FMT " not found.", STR_ARG(id));
}

bool sim_rds_describe_log_files(struct sim_request *r, struct buf *out)
{
	struct str contains = sim_param(r, "FilenameContains");
	struct file files[SIM_LOG_FILES_MAX];
	int64_t written, size;
	struct sim_cluster *c;
	struct sim_page page;
	size_t n, kept = 0;
	int member;

	if (!find_instance(r, &c, &member) || !sim_param_int(r, "FileLastWritten", 0, &written) ||
	    !sim_param_int(r, "FileSize", 0, &size))
		return false;
	n = list_files(r, c, member, files);
	for (size_t i = 0; i < n; i++)
		if (str_find(str_c(files[i].name), contains, 0) >= 0 && files[i].written_ms >= written &&
		    files[i].size >= size)
			files[kept++] = files[i];
	if (!sim_page_rds(r, kept, &page))
		return false;
	sim_xml_open(out, "DescribeDBLogFiles");
	for (size_t i = page.first; i < page.end; i++) {
		sim_xml_open(out, "DescribeDBLogFilesDetails");
		sim_xml_str(out, "LogFileName", files[i].name);
		sim_xml_int(out, "LastWritten", files[i].written_ms);
		sim_xml_int(out, "Size", files[i].size);
		sim_xml_close(out, "DescribeDBLogFilesDetails");
	}
	sim_xml_close(out, "DescribeDBLogFiles");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}

/* False: not a marker of ours. */
static bool parse_marker(struct str marker, int64_t size, int64_t *ret_offset)
{
	struct str hour, rest = marker;
	int64_t h;

	if (str_eq_c(marker, "0")) {
		*ret_offset = 0;
		return true;
	}
	return str_split(&rest, ':', &hour) && parse_i64(hour, &h) && parse_i64(rest, ret_offset) && *ret_offset >= 0 &&
	       *ret_offset <= size;
}

/* Bytes of the file from offset, at most PORTION_BYTES_MAX. */
static struct str read_piece(struct sim_request *r, const char *path, int64_t offset)
{
	char *bytes = arena_alloc(r->arena, PORTION_BYTES_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? pread(fd, bytes, PORTION_BYTES_MAX, offset) : 0;

	if (fd >= 0)
		close(fd);
	return (struct str){bytes, n > 0 ? (size_t)n : 0};
}

/* The first `lines` lines, or the last ones. */
static struct str cut_lines(struct str text, int64_t lines, bool last)
{
	size_t i;

	if (!last) {
		for (i = 0; i < text.len && lines > 0; i++)
			lines -= text.ptr[i] == '\n';
		return str_sub(text, 0, i);
	}
	for (i = text.len; i > 0; i--)
		if (text.ptr[i - 1] == '\n' && i < text.len && --lines == 0)
			break;
	return str_sub(text, i, text.len);
}

static struct str valid_text(struct sim_request *r, struct str s)
{
	struct buf b;
	struct str copy;

	buf_init(&b, 3 * PORTION_BYTES_MAX + 16);
	while (s.len > 0) {
		char bytes[4];
		bool valid;
		uint32_t cp = utf8_decode(&s, &valid);

		buf_add(&b, bytes, (size_t)utf8_encode(valid && cp ? cp : UTF8_REPLACEMENT, bytes));
	}
	copy = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
	return copy;
}

bool sim_rds_download_log(struct sim_request *r, struct buf *out)
{
	struct str name = sim_param(r, "LogFileName"), marker = sim_param(r, "Marker"), text;
	const struct file *file = NULL;
	struct file files[SIM_LOG_FILES_MAX];
	int64_t lines, offset = 0;
	struct sim_cluster *c;
	struct civil t;
	int member;

	if (!find_instance(r, &c, &member) || !sim_param_int(r, "NumberOfLines", LINES_DEFAULT, &lines))
		return false;
	for (size_t i = list_files(r, c, member, files); i-- > 0 && !file;)
		if (str_eq_c(name, files[i].name))
			file = &files[i];
	if (!file)
		return sim_fail(r, 404, "DBLogFileNotFoundFault",
				"DBLog File: " STR_FMT ", is not found on the DB instance", STR_ARG(name));
	if (lines < 1 || (marker.len > 0 && !parse_marker(marker, file->size, &offset)))
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid Marker or NumberOfLines");
	if (marker.len == 0 && file->size > (int64_t)PORTION_BYTES_MAX)
		offset = file->size - (int64_t)PORTION_BYTES_MAX;
	text = read_piece(r, file->path, offset);
	if (marker.len == 0) {
		struct str tail = cut_lines(text, lines, true);

		offset += (int64_t)(text.len - tail.len);
		text = tail;
	} else {
		text = cut_lines(text, lines, false);
	}
	offset += (int64_t)text.len;
	clock_civil(r->now_us, &t);
	sim_xml_slice(out, "LogFileData", valid_text(r, text));
	sim_xml_fmt(out, "Marker", "%d:%lld", t.hour, (long long)offset);
	sim_xml_bool(out, "AdditionalDataPending", offset < file->size);
	return true;
}
