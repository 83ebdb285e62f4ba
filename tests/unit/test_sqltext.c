/*
 * test_sqltext.c: tokens, masking of literals, masking of secrets; also cut anywhere.
 */
#include "model_fixture.h"

#include "model/sqltext.h"

static const char letters[] = {
	[SQL_SPACE] = '_', [SQL_WORD] = 'w',     [SQL_KEYWORD] = 'k', [SQL_STRING] = 's', [SQL_NUMBER] = 'n',
	[SQL_PARAM] = 'p', [SQL_OPERATOR] = 'o', [SQL_COMMENT] = 'c', [SQL_QUOTED] = 'q',
};

/* Token kinds as letters; checks on the way that no byte is lost. */
static void kinds(struct str text, char *ret_kinds, size_t size)
{
	struct str rest = text, token;
	enum sql_token kind;
	size_t n = 0, used = 0;

	while (sql_next_token(&rest, &kind, &token)) {
		assert_true(token.len > 0 && token.ptr == text.ptr + used);
		used += token.len;
		assert_true(n + 1 < size);
		ret_kinds[n++] = letters[kind];
	}
	ret_kinds[n] = '\0';
	assert_int_equal(used, text.len);
}

static const struct {
	const char *sql, *kinds;
} lexed[] = {
	{"SELECT a, b FROM t", "k_wo_w_k_w"},
	{"select Selected", "k_w"},
	{"'it''s' x", "s_w"},
	{"'back\\' x", "s_w"},
	{"E'it\\'s' x", "s_w"},
	{"e'a\\\\' x", "s_w"},
	{"B'01' X'ff' N'a' U&'\\0041' U&\"x\"", "s_s_s_s_q"},
	{"b 'x'", "w_s"},
	{"\"Odd \"\"name\" x", "q_w"},
	{"$$a 'b' $$ x", "s_w"},
	{"$tag$ $$ $tag $tag$ x", "s_w"},
	{"$1 $23x", "p_pw"},
	{"a$b$c$b$", "w"},
	{"$", "o"},
	{"$ a", "o_w"},
	{"1 2.5 .5 1e10 1.5E-3 0x1F 1_000 1..2", "n_n_n_n_n_n_n_non"},
	{"1.e", "nw"},
	{"1e+", "nwo"},
	{"a<=b", "wow"},
	{"a--b\nc", "wc_w"},
	{"a- -b", "wo_ow"},
	{"a*-b", "wow"},
	{"a*/b", "wow"},
	{"a/* x /* y */ z */b", "wcw"},
	{"a*/**/b", "wocw"},
	{"x::int4", "wow"},
	{"f(x)[1];", "wowoonoo"},
	{"\xc3\xa4\xc3\xb6", "w"},
	{"'open", "s"},
	{"\"open", "q"},
	{"/* open /* x */", "c"},
	{"$x$ open $", "s"},
	{"E'open\\", "s"},
	{"", ""},
};

static void tokens_are_recognised(void **state)
{
	char got[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lexed); i++) {
		kinds(str_c(lexed[i].sql), got, sizeof(got));
		if (strcmp(got, lexed[i].kinds) != 0)
			fail_msg("%s: got %s, want %s", lexed[i].sql, got, lexed[i].kinds);
	}
}

static void every_cut_is_lexed_without_loss(void **state)
{
	char got[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lexed); i++) {
		struct str whole = str_c(lexed[i].sql);

		for (size_t from = 0; from <= whole.len; from++) {
			for (size_t to = from; to <= whole.len; to++)
				kinds(str_sub(whole, from, to), got, sizeof(got));
		}
	}
}

static void many_keywords_are_known(void **state)
{
	static const char *const words[] = {"add",      "within",           "select",  "from", "CONCURRENTLY", "vacuum",
					    "Merge",    "returning",        "lateral", "with", "on",           "do",
					    "password", "current_timestamp"};
	static const char *const others[] = {
		"ad", "withi", "selects", "zzz", "aaa", "orders", "a_word_longer_than_any_keyword_there_is"};
	char got[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		kinds(str_c(words[i]), got, sizeof(got));
		assert_string_equal(got, "k");
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		kinds(str_c(others[i]), got, sizeof(got));
		assert_string_equal(got, "w");
	}
}

static void check_mask(bool (*mask)(struct buf *, struct str), const char *sql, const char *want)
{
	struct buf out;

	buf_init(&out, 1000);
	assert_true(mask(&out, str_c(sql)));
	if (strcmp(buf_c(&out), want) != 0)
		fail_msg("%s\n got %s\nwant %s", sql, buf_c(&out), want);
	buf_release(&out);
}

static void literals_are_masked(void **state)
{
	static const char *const rows[][2] = {
		{"select * from t where id = 42 and name = 'bob'", "select * from t where id = ? and name = '***'"},
		{"select t1.c2, $1, \"Col 1\"", "select t1.c2, $1, \"Col 1\""},
		{"values (-1.5e3, E'a\\'b', $q$x$q$, B'01')", "values (-?, '***', '***', '***')"},
		{"select 'cut in the mid", "select '***'"},
		{"select $$ cut in the mid", "select '***'"},
		{"select 1 -- user 42 'bob'\n, 2", "select ? -- user ? '***'\n, ?"},
		{"/* id='7' */ select 1", "/* id='***' */ select ?"},
		{"/* id=7", "/* id=?"},
		{"/* a /* 1 */ 2 */ 3", "/* a /* ? */ ? */ ?"},
		{"create role a password 'secret' valid until '2027-01-01'",
		 "create role a password '***' valid until '***'"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_mask(sql_mask_literals, rows[i][0], rows[i][1]);
}

static void nested_comments_have_a_floor(void **state)
{
	struct buf sql, out;

	(void)state;
	buf_init(&sql, 100000);
	buf_init(&out, 1000000);
	for (int i = 0; i < 10000; i++)
		buf_add_c(&sql, "/*");
	buf_add_c(&sql, " 'secret' ");
	assert_true(sql_mask_literals(&out, buf_str(&sql)));
	assert_int_equal(str_find(buf_str(&out), STR("secret"), 0), -1);
	buf_release(&sql);
	buf_release(&out);
}

static void secrets_are_masked_and_nothing_else(void **state)
{
	static const char *const rows[][2] = {
		{"ALTER ROLE app PASSWORD 'hunter2'", "ALTER ROLE app PASSWORD '***'"},
		{"create user a with encrypted password 'it''s' login",
		 "create user a with encrypted password '***' login"},
		{"alter user a password E'x\\'y' nologin", "alter user a password E'***' nologin"},
		{"alter user a password U&'x' nologin", "alter user a password U&'***' nologin"},
		{"alter user a password $$hunter2$$ nologin", "alter user a password $$***$$ nologin"},
		{"alter user a password $x$hunter2$x$;", "alter user a password $x$***$x$;"},
		{"alter user a password $x$hunt", "alter user a password $x$***"},
		{"alter user a password 'hunt", "alter user a password '***"},
		{"alter user a password /* c */ -- d\n 'x'", "alter user a password /* c */ -- d\n '***'"},
		{"alter user a password null", "alter user a password null"},
		{"do $$begin execute 'create role a password ''x y'''; end$$",
		 "do $$begin execute 'create role a password ''***'''; end$$"},
		{"create subscription s connection 'host=h user=u password=x dbname=d'",
		 "create subscription s connection 'host=h user=u password=*** dbname=d'"},
		{"connection 'password=''x y'' host=h'", "connection 'password=''***'' host=h'"},
		{"connection E'password=\\'x y\\' host=h'", "connection E'password=\\'***\\' host=h'"},
		{"connection 'password=x'", "connection 'password=***'"},
		{"connection 'sslpassword = x host=h'", "connection 'sslpassword = *** host=h'"},
		{"dblink('postgres://u:p%40x@h:5432/d?sslmode=require')",
		 "dblink('postgres://u:***@h:5432/d?sslmode=require')"},
		{"postgresql://u:a:b@h/d", "postgresql://u:***@h/d"},
		{"postgres://u@h:5432/d", "postgres://u@h:5432/d"},
		{"see http://h:8080", "see http://h:8080"},
		{"postgres://u:hunt", "postgres://u:***"},
		{"postgres://u:123", "postgres://u:***"},
		{"postgresql://u:123", "postgresql://u:***"},
		{"postgres://h/d?user=u&password=x&sslmode=require",
		 "postgres://h/d?user=u&password=***&sslmode=require"},
		{"create user mapping for a server s options (user 'u', password 'x')",
		 "create user mapping for a server s options (user 'u', password '***')"},
		{"select '{\"password\": \"x\", \"n\": 1}'", "select '{\"password\": \"***\", \"n\": 1}'"},
		{"update u set password = 'x', n = 'keep'", "update u set password = '***', n = 'keep'"},
		{"update u set password = '', n = 'keep'", "update u set password = '', n = 'keep'"},
		{"select 1 where password = $1 and n = 'keep'", "select 1 where password = $1 and n = 'keep'"},
		{"f(password => 'x', n => 'keep')", "f(password => '***', n => 'keep')"},
		{"set password_encryption = 'scram-sha-256'", "set password_encryption = 'scram-sha-256'"},
		{"password authentication failed for user \"app\"", "password authentication failed for user \"app\""},
		{"select * from t where name = 'bob' and id = 42", "select * from t where name = 'bob' and id = 42"},
		{"PGPASSWORD=x psql", "PGPASSWORD=*** psql"},
		{"select password, 'keep' from u", "select password, 'keep' from u"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_mask(sql_mask_secrets, rows[i][0], rows[i][1]);
}

/* However a statement is cut, no four letters of the secret get through. */
static void no_cut_shows_a_secret(void **state)
{
	static const char *const rows[] = {
		"alter role app password 'S3CRETS3CRET' login",
		"alter role app password $$S3CRETS3CRET$$ login",
		"do $$begin execute 'create role a password ''S3CRETS3CRET'''; end$$",
		"create subscription s connection 'host=h password=S3CRETS3CRET dbname=d'",
		"dblink('postgres://u:S3CRETS3CRET@h:5432/d')",
		"select '{\"password\": \"S3CRETS3CRET\"}'",
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t len = 0; len <= strlen(rows[i]); len++) {
			buf_clear(&out);
			assert_true(sql_mask_secrets(&out, (struct str){rows[i], len}));
			assert_int_equal(str_find(buf_str(&out), STR("S3CR"), 0), -1);
			buf_clear(&out);
			assert_true(sql_mask_literals(&out, (struct str){rows[i], len}));
			assert_int_equal(str_find(buf_str(&out), STR("S3CR"), 0), -1);
		}
	}
	buf_release(&out);
}

static void a_full_buffer_is_reported(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 10);
	assert_false(sql_mask_literals(&out, STR("select a, b, c")));
	buf_clear(&out);
	assert_false(sql_mask_secrets(&out, STR("select a, b, c")));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_recognised),        cmocka_unit_test(every_cut_is_lexed_without_loss),
		cmocka_unit_test(many_keywords_are_known),      cmocka_unit_test(literals_are_masked),
		cmocka_unit_test(nested_comments_have_a_floor), cmocka_unit_test(secrets_are_masked_and_nothing_else),
		cmocka_unit_test(no_cut_shows_a_secret),        cmocka_unit_test(a_full_buffer_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
