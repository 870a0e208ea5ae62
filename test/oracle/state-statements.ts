import { type Circumstances, one, sql, type Writer } from './circumstances.js';
import { otherSchemaOf, schemaOf } from './schema.js';
import { literal, someId, variable } from './values.js';

const MODES = [
  "'ANSI_QUOTES'",
  "'NO_BACKSLASH_ESCAPES'",
  "''",
  "'STRICT_TRANS_TABLES'",
  "'TRADITIONAL'",
  "'PIPES_AS_CONCAT,STRICT_ALL_TABLES'",
  "'ONLY_FULL_GROUP_BY,NO_ZERO_DATE'",
  "'NO_AUTO_VALUE_ON_ZERO'",
  "'IGNORE_SPACE'",
  "'ANSI'",
  "CONCAT(@@sql_mode, ',NO_UNSIGNED_SUBTRACTION')",
  "REPLACE(@@sql_mode, 'ONLY_FULL_GROUP_BY', '')",
  'DEFAULT',
  'DEFAULT',
  "'HIGH_NOT_PRECEDENCE,ERROR_FOR_DIVISION_BY_ZERO'",
];

function sqlMode(at: Circumstances): ReturnType<Writer> {
  const mode = at.random.pick(MODES);
  at.ansiQuotes = /ANSI/.test(mode);
  return one(`SET ${at.random.pick(['SESSION ', '', '@@', '@@session.', 'LOCAL '])}sql_mode ${at.random.pick(['=', ':='])} ${mode}`);
}

function names(at: Circumstances): ReturnType<Writer> {
  const choice = at.random.pick([
    'NAMES utf8mb4',
    'NAMES utf8mb4',
    'NAMES utf8mb4 COLLATE utf8mb4_bin',
    'NAMES latin1',
    "NAMES 'utf8'",
    'NAMES DEFAULT',
    'CHARACTER SET utf8mb4',
    'character_set_results = NULL',
    'character_set_results = utf8mb4',
    'character_set_results = latin1',
    'collation_connection = utf8mb4_unicode_ci',
    'character_set_connection = utf8mb4',
    'NAMES nonsense',
  ]);
  at.latin1 = /latin1/.test(choice);
  return one(`SET ${choice}`);
}

const VARIABLES = [
  "time_zone = '+05:30'",
  "time_zone = 'SYSTEM'",
  "time_zone = '-03:00'",
  "time_zone = 'Nowhere/Land'",
  'timestamp = 1600000000.25',
  'timestamp = 1234567890',
  'timestamp = DEFAULT',
  'sql_select_limit = 2',
  'sql_select_limit = DEFAULT',
  'SESSION sql_select_limit = 18446744073709551615',
  'group_concat_max_len = 20',
  'group_concat_max_len = 1024',
  '@@group_concat_max_len = 33',
  '@@session.group_concat_max_len = DEFAULT',
  'SESSION transaction_isolation = "READ-COMMITTED"',
  'SESSION max_execution_time = 100000',
  'SESSION sort_buffer_size = 300000',
  'SESSION sort_buffer_size = 1',
  'sql_safe_updates = 1',
  'sql_safe_updates = 0',
  'sql_big_selects = 1',
  'div_precision_increment = 7',
  'div_precision_increment = DEFAULT',
  // Of the languages this one alone needs no file of messages, at which MySQL 8.0.15 fails now and then.
  'lc_time_names = en_GB',
  'lc_time_names = DEFAULT',
  'default_week_format = 3',
  'foreign_key_checks = 0',
  'unique_checks = OFF',
  'auto_increment_increment = 1',
  'insert_id = 5000',
  'last_insert_id = 77',
  'sql_warnings = ON',
  'sql_auto_is_null = 1',
  'sql_auto_is_null = 0',
  'max_sort_length = 64',
  'rand_seed1 = 5, rand_seed2 = 9',
  'pseudo_thread_id = 1',
  'no_such_variable = 1',
  'GLOBAL sort_buffer_size = 400000',
  'innodb_lock_wait_timeout = 20',
  'wait_timeout = 1000',
  'tmp_table_size = 1048576, @b = 5, max_heap_table_size = 1048576',
];

/** Where a server of either flavor says so, the statement fails on both sides alike. */
const ISOLATION = [
  'READ COMMITTED',
  'REPEATABLE READ',
  'READ UNCOMMITTED',
  'SERIALIZABLE',
  'REPEATABLE READ, READ WRITE',
  'REPEATABLE READ',
];

function userVariable(at: Circumstances): ReturnType<Writer> {
  const { random } = at;
  const name = variable(at);
  const id = someId(at);
  return random.weighted<() => ReturnType<Writer>>([
    [8, () => one(`SET ${name} = ${literal(at)}`)],
    [3, () => one(`SET ${name} := ${literal(at)}, ${variable(at)} = ${literal(at)}`)],
    [2, () => one(`SET ${name} = ${variable(at)}`)],
    [2, () => one(`SET @a = COALESCE(@a, 0) + 1`)],
    [2, () => one(`SELECT ${name} := ${literal(at)}`)],
    [2, () => one(`SELECT @b := @b + 1, @a`)],
    [2, () => one(`SELECT code, price INTO @a, @b FROM item WHERE id = ${id}`)],
    [2, () => one(`SELECT made, flag, n INTO @c, @p, @a FROM item WHERE id = ${id}`)],
    [2, () => one(`SELECT @a := n FROM item ORDER BY id`)],
    [1, () => one(`SELECT id, @c := COALESCE(@c, 0) + qty AS running FROM part ORDER BY id`)],
    [1, () => one('SET @a = (SELECT MAX(id) FROM plain), @b = (SELECT v FROM plain WHERE k = 1)')],
    [1, () => one('SET @a = (SELECT k FROM plain)')],
    [1, () => one(`UPDATE plain SET d = @a := k WHERE k = 1`)],
    [1, () => one(`DO @c := ${id}`)],
    [1, () => one(`SELECT f_set(${id})`)],
  ])();
}

function useSchema(at: Circumstances): ReturnType<Writer> {
  const [own, other] = [schemaOf(at.lane), otherSchemaOf(at.lane)];
  const schema = at.random.weighted([
    [at.schema === 'own' ? 1 : 6, own],
    [at.schema === 'own' ? 2 : 1, other],
    [0.5, 'information_schema'],
    [0.4, 'no_such_schema'],
    [0.3, `${own}r`],
  ]);
  if (schema === own) at.schema = 'own';
  else if (schema === other) at.schema = 'other';
  return at.random.chance(0.5) ? [{ do: 'init-db', schema }] : one(`${at.random.pick(['USE', 'use'])} ${schema}`);
}

const ROLES = ['reader', 'writer', 'reader', 'nobody'];

/** Without a role MySQL 8.0.15 forgets an account's own rights in a schema until the next USE, so there it is never taken away. */
function role(at: Circumstances): ReturnType<Writer> {
  const set = sql(`SET ROLE ${at.random.pick(at.flavor === 'mysql' ? [...ROLES, 'ALL', 'reader, writer'] : [...ROLES, 'NONE'])}`);
  // What a role does not allow, a replica first refuses as a replica.
  if (at.transaction) return one('SELECT CURRENT_ROLE()');
  at.roleSet = true;
  const secret = sql(`SELECT * FROM ${schemaOf(at.lane)}r.secret`);
  return [set, at.random.chance(0.5) ? secret : sql('SELECT CURRENT_ROLE()')];
}

function autocommit(at: Circumstances): ReturnType<Writer> {
  const off = at.autocommit && at.random.chance(0.5);
  at.autocommit = !off;
  if (!off) at.transaction = false;
  return one(
    `SET ${at.random.pick(['', 'SESSION ', '@@'])}autocommit = ${off ? at.random.pick(['0', 'OFF']) : at.random.pick(['1', 'ON', 'DEFAULT'])}`,
  );
}

/** Statements that set the session's state. */
export const stateStatement: Writer = (at) =>
  at.random.weighted<Writer>([
    [12, userVariable],
    [4, sqlMode],
    [4, names],
    [9, ({ random }) => one(`SET ${random.pick(VARIABLES)}`)],
    [2, ({ random }) => one(`SET ${random.pick(['', 'SESSION '])}TRANSACTION ISOLATION LEVEL ${random.pick(ISOLATION)}`)],
    [0.7, ({ random }) => one(`SET ${random.pick(['SESSION ', ''])}TRANSACTION READ ${random.pick(['ONLY', 'WRITE', 'WRITE'])}`)],
    [5, useSchema],
    [2, role],
    [at.autocommit ? 1 : 3, autocommit],
    [
      at.flavor === 'mariadb' ? 1 : 0,
      ({ random }) => one(`SET STATEMENT group_concat_max_len = 15 FOR SELECT GROUP_CONCAT(code) FROM item WHERE id < ${random.below(5)}`),
    ],
    [
      at.flavor === 'mysql' ? 1 : 0,
      () => one('SELECT /*+ SET_VAR(group_concat_max_len = 15) */ GROUP_CONCAT(label ORDER BY id) FROM part'),
    ],
  ])(at);
