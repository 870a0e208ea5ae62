import { type Circumstances, one, type Writer } from './circumstances.js';
import type { Operation } from './operation.js';
import { otherSchemaOf, schemaOf } from './schema.js';
import { literal, someId, variable } from './values.js';

/** Everything is ordered, and joined in the order given: servers may find rows in another one, and mark columns of temporary tables differently. `#` is replaced with an id, `~` with the own schema. */
const READS = [
  'SELECT * FROM item ORDER BY id',
  'SELECT * FROM item WHERE id = #',
  'SELECT id, code, n FROM item WHERE id >= # ORDER BY id LIMIT 2',
  'SELECT COUNT(*), SUM(n), AVG(price), MAX(made) FROM item',
  'SELECT i.code, p.label, p.qty FROM item i STRAIGHT_JOIN part p ON p.item_id = i.id ORDER BY p.id',
  'SELECT i.id, (SELECT COUNT(*) FROM part p WHERE p.item_id = i.id) AS parts FROM item i ORDER BY i.id',
  'SELECT * FROM joined ORDER BY id, label',
  'SELECT * FROM calling ORDER BY id',
  'SELECT GROUP_CONCAT(code ORDER BY id SEPARATOR ";") FROM item',
  "SELECT GROUP_CONCAT(note ORDER BY id SEPARATOR ',') FROM ~.item",
  'SELECT * FROM plain ORDER BY k',
  'SELECT k, v || u, HEX(u) FROM plain ORDER BY k',
  'SELECT * FROM part WHERE label IN ("a", "b") ORDER BY id',
  "SELECT * FROM part WHERE label IN ('a', 'c') ORDER BY id",
  'SELECT id FROM item UNION SELECT k FROM plain ORDER BY 1 DESC',
  '(SELECT id FROM item ORDER BY id LIMIT 1) UNION ALL (SELECT 99)',
  'WITH RECURSIVE seq AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM seq WHERE n < 5) SELECT * FROM seq',
  'WITH some AS (SELECT * FROM item WHERE id > #) SELECT COUNT(*) FROM some',
  'SELECT * FROM ~x.item ORDER BY id',
  'SELECT * FROM item WHERE id IS NULL ORDER BY id',
  'SELECT SUM(qty) OVER (ORDER BY id) AS running FROM part',
  'SELECT * FROM item WHERE code LIKE "%o%" ORDER BY id',
  'SELECT id FROM item WHERE id = # FOR UPDATE',
  'SELECT id FROM item WHERE id = # LOCK IN SHARE MODE',
  'SELECT DISTINCT item_id FROM part ORDER BY item_id',
  'SELECT f_add(#, 5), f_count()',
  'SELECT f_variable()',
  'SELECT f_last(), LAST_INSERT_ID()',
  'SELECT f_write(#)',
  'SELECT k, wrote FROM writing ORDER BY k',
  'SHOW TABLES',
  'SHOW COLUMNS FROM item',
  'SHOW CREATE TABLE plain',
  'DESCRIBE part',
  'SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1',
  'TABLE plain ORDER BY k',
  'SELECT 1 FROM DUAL',
  'SELECT CAST("abc" AS SIGNED), 1/0',
  "SELECT CAST('12x' AS SIGNED)",
  'SELECT COUNT(*) FROM item WHERE n > (SELECT MIN(qty) FROM part)',
  '/* a comment */ SELECT # -- and one more',
  'SELECT /*! 7 + */ #',
  'SELECT 1; SELECT 2, 3',
  "SELECT ';' AS semicolon; SELECT * FROM missing; SELECT 3",
  "SELECT * FROM item WHERE id = # AND flag = b'101'",
  'SELECT SQL_NO_CACHE k FROM plain ORDER BY k',
  'SELECT * FROM item ORDER BY id LIMIT 1 OFFSET 1',
  'SELECT JSON_OBJECT("id", id) FROM item ORDER BY id',
];

/** Show the session's state. */
const STATE_READS = [
  'SELECT @a, @b, @c, @p',
  'SELECT @a',
  'SELECT @b, @`odd name`',
  'SELECT @c + 1, CONCAT(@a, "x"), @a IS NULL',
  'SELECT COLLATION(@a), CHARSET(@b), COERCIBILITY(@a)',
  'SELECT * FROM item WHERE id = @a',
  'SELECT * FROM item WHERE code = @a ORDER BY id',
  'SELECT @f, @m, @p',
  'SELECT DATABASE(), SCHEMA()',
  'SELECT CURRENT_USER(), USER()',
  'SELECT @@sql_mode',
  'SELECT @@session.sql_mode, @@character_set_client, @@character_set_connection, @@character_set_results, @@collation_connection',
  'SELECT @@time_zone, FROM_UNIXTIME(0), UNIX_TIMESTAMP("2020-01-01")',
  'SELECT @@autocommit, @@sql_select_limit, @@group_concat_max_len',
  'SELECT @@insert_id, @@identity, @@last_insert_id',
  'SELECT @@sort_buffer_size = @@global.sort_buffer_size, @@div_precision_increment, 1 / 3',
  'SELECT @@lc_time_names, DAYNAME("2020-02-29"), WEEK("2020-12-31")',
  'SELECT @@foreign_key_checks, @@unique_checks, @@sql_safe_updates, @@sql_auto_is_null',
  'SHOW VARIABLES LIKE "sql_mode"',
  "SHOW SESSION VARIABLES LIKE 'group_concat%'",
  "SHOW VARIABLES WHERE Variable_name IN ('autocommit', 'time_zone', 'character_set_results', 'wait_timeout')",
  'SELECT "double", \'single\'',
  "SELECT 'a' 'b', 'back\\\\slash', 'a' || 'b'",
  'SELECT COUNT (*) FROM plain',
  'SELECT CURRENT_ROLE()',
  "SELECT \"x\" = 'X', 'straße' = 'STRASSE'",
  "SELECT 'ünï', LENGTH('ü'), HEX('é')",
];

/** About the statement before. */
const ABOUT_LAST = [
  'SELECT LAST_INSERT_ID()',
  'SELECT LAST_INSERT_ID() + 1 AS next, @@last_insert_id',
  'SELECT LAST_INSERT_ID(55)',
  'SELECT FOUND_ROWS()',
  'SELECT ROW_COUNT()',
  'SELECT ROW_COUNT(), FOUND_ROWS(), LAST_INSERT_ID()',
  'SELECT IF(ROW_COUNT() > 0, "some", "none")',
  'SET @a = ROW_COUNT(), @b = FOUND_ROWS()',
  'SHOW WARNINGS',
  'SHOW WARNINGS LIMIT 1',
  'SHOW ERRORS',
  'SHOW COUNT(*) WARNINGS',
  'SHOW COUNT(*) ERRORS',
  'SELECT @@warning_count, @@error_count',
  'SELECT @@warning_count + 0 AS warned',
  'GET DIAGNOSTICS @a = NUMBER, @b = ROW_COUNT',
  'GET DIAGNOSTICS CONDITION 1 @a = MESSAGE_TEXT, @b = RETURNED_SQLSTATE, @c = MYSQL_ERRNO',
  'INSERT INTO plain (k, v) VALUES (70 + ROW_COUNT(), LAST_INSERT_ID())',
  'SELECT * FROM item WHERE id = LAST_INSERT_ID()',
  'CALL p_last()',
  'SHOW WARNINGS; SHOW COUNT(*) WARNINGS',
];

/** Their values are never the same twice. */
const VOLATILE = [
  'SELECT CONNECTION_ID()',
  'SELECT UUID()',
  'SELECT RAND()',
  'SELECT NOW(6), SYSDATE()',
  'SELECT @@server_id, @@hostname, @@port',
];

const CALC = 'SELECT SQL_CALC_FOUND_ROWS id FROM item ORDER BY id LIMIT 1';

export function fill(at: Circumstances, text: string): string {
  return text
    .replaceAll('~x', otherSchemaOf(at.lane))
    .replaceAll('~', schemaOf(at.lane))
    .replaceAll('#', String(someId(at)));
}

function aboutLast(at: Circumstances): readonly Operation[] {
  return one(at.random.pick(ABOUT_LAST));
}

/** Two statements that belong together: the second asks about the first. */
function pair(at: Circumstances): readonly Operation[] {
  const first = at.random.pick([
    CALC,
    CALC,
    'SELECT 1/0, CAST("x" AS SIGNED)',
    'SELECT * FROM missing',
    'SELECT id FROM item',
    'SELECT k FROM plain WHERE k > 1',
  ]);
  return [...one(first), ...aboutLast(at)];
}

/** Reads of rows and of the session's state. */
export const read: Writer = (at) =>
  at.random.weighted<Writer>([
    [14, () => one(fill(at, at.random.pick(READS)))],
    [9, () => one(at.random.pick(STATE_READS))],
    [7, aboutLast],
    [4, pair],
    [2, () => one(`SELECT ${literal(at)} AS x, ${variable(at)} AS y`)],
    [0.35, () => [{ do: 'query', sql: at.random.pick(VOLATILE), volatile: true }]],
  ])(at);

export const readOnlyAboutLast: Writer = aboutLast;
