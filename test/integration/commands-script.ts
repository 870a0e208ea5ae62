import type { Remembered, Step } from '../proxy/compare-runs.js';
import { COM, command, execute, PARAMETERS, type Parameter, query } from '../proxy/payloads.js';
import { HEADER } from '../proxy/wire-client.js';
import type { Flavor } from '../servers/servers.js';

/** What the scripts find; run as root before each of them. */
export const TABLES = [
  'DROP DATABASE IF EXISTS test1',
  'CREATE DATABASE test1 CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci',
  'CREATE TABLE test1.thing (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(300) UNIQUE, price DECIMAL(10,2), made DATETIME(6), flag BIT(3))',
  "INSERT INTO test1.thing VALUES (1, 'anvil', 12.50, '2020-02-29 12:00:00', 5), (2, NULL, NULL, NULL, NULL), (3, 'ünïcode €', -1, '1999-12-31', 0)",
  'CREATE TABLE test1.loaded (a INT, b VARCHAR(20))',
  "CREATE PROCEDURE test1.two_results() BEGIN SELECT 1 AS one; SELECT 'x' AS x, NULL AS nothing; END",
  'CREATE PROCEDURE test1.out_param(IN a INT, OUT b INT) BEGIN SELECT a AS given; SET b = a * 2; END',
  "CREATE PROCEDURE test1.fails() BEGIN SELECT 1 AS one; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'as told', MYSQL_ERRNO = 1644; END",
  "CREATE FUNCTION test1.boom(n INT) RETURNS INT NO SQL BEGIN IF n = 3 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'boom at 3', MYSQL_ERRNO = 1644; END IF; RETURN n; END",
] as const;

function sql(text: string | Buffer, more: Partial<Step> = {}): Step {
  return { name: typeof text === 'string' ? text.slice(0, 80) : 'a query', payload: query(text), ...more };
}

function com(name: string, byte: number, ...rest: readonly (Buffer | string | number)[]): Step {
  return { name, payload: command(byte, ...rest) };
}

function prepare(name: string, text: string): Step {
  return { name: `prepare ${name}`, payload: command(COM.prepare, text), prepares: name };
}

/** Rows that describe the connection itself are never the same twice. */
function columnsOnly(frames: readonly Buffer[]): readonly Buffer[] {
  return frames.slice(0, 1 + (frames[0]?.[HEADER] ?? 0));
}

const id = (remembered: Remembered, name: string): number => remembered.ids.get(name) ?? 0xfffffe;

function onStatement(name: string, byte: number, statement: string, ...rest: readonly (Buffer | string | number)[]): Step {
  return { name, payload: (remembered) => command(byte, id(remembered, statement), ...rest) };
}

function run(name: string, statement: string, parameters: readonly Parameter[] = [], options: Parameters<typeof execute>[2] = {}): Step {
  return { name, payload: (remembered) => execute(id(remembered, statement), parameters, options) };
}

const QUERIES = [
  "SELECT 1 AS one, NULL AS nothing, '' AS empty, 1.5, 'ünï', X'00ff', NOW() IS NULL",
  'SELECT * FROM thing ORDER BY id',
  'SELECT * FROM thing WHERE 1 = 0',
  "SELECT REPEAT('x', 70000) AS large, REPEAT('y', 16000) AS medium",
  'SELECT a.id FROM thing a, thing b, thing c, thing d',
  'SELECT oops(',
  '',
  '   ',
  '-- nothing but a comment',
  'SELECT * FROM missing',
  'SELECT boom(id) FROM thing ORDER BY id',
  'SELECT CAST(name AS SIGNED) FROM thing',
  'SHOW WARNINGS',
  "INSERT INTO thing (name) VALUES ('first'), ('second')",
  "INSERT INTO thing (name) VALUES ('anvil')",
  "INSERT IGNORE INTO thing (name) VALUES ('anvil')",
  "INSERT INTO thing (name, price) VALUES ('anvil', 3) ON DUPLICATE KEY UPDATE price = 3",
  "UPDATE thing SET price = 9 WHERE name LIKE '%i%'",
  "UPDATE thing SET price = 9 WHERE name LIKE '%i%'",
  "DELETE FROM thing WHERE name = 'second'",
  'SELECT LAST_INSERT_ID()',
  'BEGIN',
  "INSERT INTO thing (name) VALUES ('in a transaction')",
  'SAVEPOINT here',
  "UPDATE thing SET name = 'changed' WHERE id = 1",
  'ROLLBACK TO here',
  'COMMIT',
  'START TRANSACTION READ ONLY',
  "INSERT INTO thing (name) VALUES ('not allowed')",
  'ROLLBACK',
  'SET autocommit = 0',
  "INSERT INTO thing (name) VALUES ('rolled back')",
  'ROLLBACK',
  'SET autocommit = 1',
  'CREATE TABLE made (a INT PRIMARY KEY)',
  'CREATE TABLE made (a INT)',
  'ALTER TABLE made ADD COLUMN b INT',
  'TRUNCATE TABLE made',
  'LOCK TABLES thing READ',
  'INSERT INTO loaded VALUES (1, 1)',
  'UNLOCK TABLES',
  'DROP TABLE made',
  'DROP TABLE IF EXISTS made',
  'CREATE TEMPORARY TABLE mine (a INT)',
  'INSERT INTO mine VALUES (1), (2)',
  'SELECT * FROM mine',
  'DROP TEMPORARY TABLE mine',
  "SET @a = 'user variable', @b := 2",
  'SELECT @a, @b',
  'SET sql_mode = CONCAT(@@sql_mode, ",ANSI_QUOTES")',
  'SELECT "id" FROM thing WHERE id = 1',
  'SET sql_mode = DEFAULT',
  'SET SESSION no_such_variable = 1',
  'SET NAMES latin1',
  "SELECT 'n\xfcll' AS t, @@character_set_client",
  'SET NAMES utf8mb4',
  "SET time_zone = '+05:30'",
  'SELECT FROM_UNIXTIME(0), @@time_zone',
  "SELECT GET_LOCK('compare', 0), RELEASE_LOCK('compare')",
  'USE information_schema',
  'SELECT DATABASE()',
  'USE no_such_schema',
  'USE test1',
  'SELECT 1; SELECT 2, 3; DO 0',
  'SELECT 1; SELECT * FROM missing; SELECT 3',
  'SELECT 1; ',
  'CALL two_results()',
  'CALL out_param(4, @out)',
  'SELECT @out',
  'CALL fails()',
  'CALL missing()',
  'DO 1',
  'EXPLAIN SELECT * FROM thing WHERE id = 1',
  'SHOW TABLES',
  'SHOW CREATE TABLE thing',
  'SHOW COLUMNS FROM thing',
  "PREPARE text_statement FROM 'SELECT ? + 1'",
  'SET @p = 41',
  'EXECUTE text_statement USING @p',
  'DEALLOCATE PREPARE text_statement',
  'EXECUTE text_statement USING @p',
  'HANDLER thing OPEN AS h',
  'HANDLER h READ FIRST',
  'HANDLER h CLOSE',
  'KILL 4000000000',
  'FLUSH TABLES',
  "CREATE USER somebody IDENTIFIED BY 'x'",
  'SELECT SLEEP(0)',
  'XA START "x"',
  'XA END "x"',
  'XA ROLLBACK "x"',
  'SELECT SQL_CALC_FOUND_ROWS id FROM thing LIMIT 1',
  'SELECT FOUND_ROWS()',
  'SELECT \'\\\'\', "a""b", /* comment */ 1 -- end',
  '/*!40101 SET @c = 5 */',
  'SELECT @c',
];

/** COM_QUERY, from plain to odd. */
export const QUERY_SCRIPT: readonly Step[] = [
  ...QUERIES.map((text) => sql(text)),
  sql(Buffer.from([0x53, 0xff, 0xfe, 0x00, 0x41]), { name: 'bytes that are no SQL' }),
  sql(Buffer.concat([Buffer.from('SELECT 1'), Buffer.of(0)]), { name: 'a NUL behind the text' }),
  sql(`SELECT '${'z'.repeat(100_000)}' AS z`),
  sql(`/* ${'c'.repeat(70_000)} */ SELECT 2`),
];

/** All other commands that end with an answer, in the order a mad client sends them. */
export function commandScript(flavor: Flavor): readonly Step[] {
  const onMysql = (...steps: Step[]): Step[] => (flavor === 'mysql' ? steps : []);
  return [
    com('ping', COM.ping),
    com('ping with something behind', COM.ping, 'abc'),
    com('init db', COM.initDb, 'information_schema'),
    sql('SELECT DATABASE()'),
    com('init db, missing', COM.initDb, 'no_such_schema'),
    com('init db, back', COM.initDb, 'test1'),
    com('field list', COM.fieldList, 'thing\0'),
    com('field list, pattern', COM.fieldList, 'thing\0%a%'),
    com('field list, missing', COM.fieldList, 'missing\0'),
    com('create db', COM.createDb, 'made_by_command'),
    com('drop db', COM.dropDb, 'made_by_command'),
    com('refresh, not allowed', COM.refresh, Buffer.of(1)),
    ...onMysql(com('shutdown, unknown since 8.0', COM.shutdown, Buffer.of(0))),
    { ...com('process info', COM.processInfo), masked: columnsOnly },
    com('kill of nobody', COM.processKill, 0xfffffff0),
    ...onMysql(com('kill, cut', COM.processKill, Buffer.of(1, 2))),
    com('debug, not allowed', COM.debug),
    com('set option: multi statements off', COM.setOption, Buffer.of(1, 0)),
    sql('SELECT 1; SELECT 2'),
    com('set option: on', COM.setOption, Buffer.of(0, 0)),
    sql('SELECT 1; SELECT 2'),
    com('set option: nonsense', COM.setOption, Buffer.of(9, 9)),
    com('register replica, not allowed', COM.registerReplica, 9, Buffer.alloc(14)),
    com('binlog dump, not allowed', COM.binlogDump, 4, Buffer.of(0, 0), 9, 'bin.000001'),
    com('sleep', COM.sleep),
    com('connect', COM.connect),
    com('time', COM.time),
    com('delayed insert', COM.delayedInsert),
    com('connect out', COM.connectOut),
    com('daemon', COM.daemon),
    com('table dump', COM.tableDump, Buffer.of(5), 'test1', Buffer.of(5), 'thing'),
    ...(flavor === 'mariadb' ? [com('clone', 0x20), com('binlog dump by GTID', COM.binlogDumpGtid, Buffer.alloc(20))] : []),
    ...onMysql(com('bulk execute', 0xfa, 1, 2)),
    ...[0x21, 0x22, 0x7f, 0xf9, 0xfb, 0xfc, 0xfd, 0xfe, 0xff].map((byte) => com(`command 0x${byte.toString(16)}`, byte)),
    com('nothing at all', COM.sleep),
    sql('SET @left = 1, SESSION sort_buffer_size = 300000'),
    com('reset connection', COM.resetConnection),
    sql('SELECT @left, @@sort_buffer_size = @@GLOBAL.sort_buffer_size, DATABASE()'),
    sql("INSERT INTO thing (name) VALUES ('after the reset')"),
    com('ping at the end', COM.ping),
  ];
}

const { long, varString, nothing } = PARAMETERS as { long: Parameter; varString: Parameter; nothing: Parameter };

/** Types whose value a server of that flavor takes as a parameter. */
function parameterSteps(flavor: Flavor): Step[] {
  // MariaDB's old client types; MySQL 8.0.15 ends the connection for an enumeration, set or bit (debug assertion in later versions).
  const refused =
    flavor === 'mysql'
      ? new Set(['enumeration', 'set', 'bit', 'year', 'json', 'geometry'])
      : new Set(['enumeration', 'set', 'bit', 'json', 'geometry', 'year']);
  return Object.entries(PARAMETERS)
    .filter(([name]) => !refused.has(name))
    .map(([name, parameter]) => run(`execute with ${name}`, 'echo', [parameter]));
}

/** Binary prepared statements. */
export function preparedScript(flavor: Flavor): readonly Step[] {
  const onMariadb = (...steps: Step[]): Step[] => (flavor === 'mariadb' ? steps : []);
  const onMysql = (...steps: Step[]): Step[] => (flavor === 'mysql' ? steps : []);
  return [
    prepare('echo', 'SELECT ? AS echo'),
    ...parameterSteps(flavor),
    run('types not sent again', 'echo', [{ type: 252, value: Buffer.concat([Buffer.of(3), Buffer.from('abc')]) }], { types: false }),
    prepare('none', 'SELECT 1 AS one, NULL, REPEAT("x", 1000)'),
    run('execute without parameters', 'none'),
    prepare('rows', 'SELECT * FROM thing WHERE id > ? ORDER BY id'),
    run('rows', 'rows', [long]),
    run('no rows', 'rows', [{ type: 8, value: Buffer.from('00ffffff00000000', 'hex') }]),
    prepare('insert', 'INSERT INTO thing (name, price) VALUES (?, ?)'),
    run('insert', 'insert', [varString, nothing]),
    run('insert, duplicate', 'insert', [varString, nothing]),
    run('insert with NULLs', 'insert', [nothing, nothing]),
    prepare('broken', 'SELECT oops('),
    prepare('empty', ''),
    prepare('missing', 'SELECT * FROM missing WHERE a = ?'),
    prepare('several', 'SELECT 1; SELECT 2'),
    prepare('call', 'CALL out_param(?, ?)'),
    run('call with an out parameter', 'call', [long, nothing]),
    prepare('calls', 'CALL two_results()'),
    run('call with two results', 'calls'),
    prepare('fails', 'CALL fails()'),
    run('call that fails', 'fails'),
    { ...onStatement('long data', COM.longData, 'insert', Buffer.of(0, 0), 'in two '), answer: 'none' },
    { ...onStatement('long data, more', COM.longData, 'insert', Buffer.of(0, 0), 'pieces'), answer: 'none' },
    run('insert with long data', 'insert', [{ type: 252, value: undefined }, nothing]),
    sql("SELECT name FROM thing WHERE name = 'in two pieces'"),
    { ...onStatement('long data, thrown away', COM.longData, 'insert', Buffer.of(0, 0), 'gone'), answer: 'none' },
    onStatement('reset', COM.reset, 'insert'),
    run('insert after reset', 'insert', [{ type: 253, value: Buffer.concat([Buffer.of(3), Buffer.from('abc')]) }, nothing]),
    { ...onStatement('long data for a parameter that is not there', COM.longData, 'insert', Buffer.of(77, 0), 'x'), answer: 'none' },
    run('insert after bad long data', 'insert', [{ type: 253, value: Buffer.concat([Buffer.of(3), Buffer.from('abd')]) }, nothing]),
    run('insert once more', 'insert', [{ type: 253, value: Buffer.concat([Buffer.of(3), Buffer.from('abe')]) }, nothing]),
    prepare('cursor', 'SELECT a.id, b.name FROM thing a, thing b ORDER BY a.id, b.id'),
    run('open a cursor', 'cursor', [], { cursor: 1 }),
    onStatement('fetch 2', COM.fetch, 'cursor', 2),
    onStatement('fetch 3', COM.fetch, 'cursor', 3),
    sql('SELECT 1 AS between'),
    onStatement('fetch the rest', COM.fetch, 'cursor', 10_000),
    onStatement('fetch behind the end', COM.fetch, 'cursor', 1),
    run('open it again', 'cursor', [], { cursor: 1 }),
    onStatement('fetch 1', COM.fetch, 'cursor', 1),
    onStatement('reset closes it', COM.reset, 'cursor'),
    onStatement('fetch from a closed cursor', COM.fetch, 'cursor', 1),
    run('open it a third time', 'cursor', [], { cursor: 1 }),
    run('executed again while open', 'cursor', [], { cursor: 0 }),
    run('cursor asked of an INSERT', 'insert', [{ type: 253, value: Buffer.concat([Buffer.of(3), Buffer.from('abf')]) }, nothing], {
      cursor: 1,
    }),
    onStatement('fetch from what has no cursor', COM.fetch, 'insert', 1),
    { ...onStatement('close', COM.close, 'rows'), answer: 'none' },
    run('execute after close', 'rows', [long]),
    onStatement('fetch after close', COM.fetch, 'rows', 1),
    onStatement('reset after close', COM.reset, 'rows'),
    { ...onStatement('long data after close', COM.longData, 'rows', Buffer.of(0, 0), 'x'), answer: 'none' },
    { ...onStatement('close after close', COM.close, 'rows'), answer: 'none' },
    com('execute of nothing', COM.execute, 4_000_000, Buffer.alloc(5)),
    // MariaDB reads a statement id out of whatever lay in its buffer.
    ...onMysql(
      com('execute, cut', COM.execute, Buffer.of(1)),
      com('reset, cut', COM.reset, Buffer.of(1)),
      com('fetch, cut', COM.fetch, Buffer.of(1)),
      com('close, cut', COM.close, Buffer.of(1)),
      com('long data, cut', COM.longData, Buffer.of(1)),
    ),
    ...onMariadb(
      prepare('last', 'SELECT 7 AS last'),
      com('execute what was prepared last', COM.execute, -1, Buffer.from('0001000000', 'hex')),
      prepare('broken last', 'SELECT oops('),
      com('execute what was prepared last, and failed', COM.execute, -1, Buffer.from('0001000000', 'hex')),
      com('ping', COM.ping),
      prepare('one', 'SELECT 1 AS one'),
      prepare('two', 'SELECT 2 AS two'),
      run('the one before', 'one'),
      com('still the last one', COM.execute, -1, Buffer.from('0001000000', 'hex')),
      { ...onStatement('close', COM.close, 'two'), answer: 'none' },
      com('and again', COM.execute, -1, Buffer.from('0001000000', 'hex')),
      prepare('long', 'SELECT ? AS long_data'),
      { ...com('long data for the last', COM.longData, -1, Buffer.of(0, 0), 'of the last'), answer: 'none' },
      com('execute the last with it', COM.execute, -1, Buffer.from('00010000000001fc00', 'hex')),
      com('reset the last', COM.reset, -1),
      com('fetch from the last', COM.fetch, -1, 1),
      { ...com('close the last', COM.close, -1), answer: 'none' },
      com('reset what was closed as the last', COM.reset, -1),
      run('the last by its id', 'long', [long]),
    ),
    ...onMysql(
      prepare('not last', 'SELECT 7'),
      com('execute -1', COM.execute, -1, Buffer.from('0001000000', 'hex')),
      com('reset -1', COM.reset, -1),
      com('fetch -1', COM.fetch, -1, 1),
      { ...com('long data for -1', COM.longData, -1, Buffer.of(0, 0), 'nobody'), answer: 'none' },
      { ...com('close -1', COM.close, -1), answer: 'none' },
      run('it is still there', 'not last'),
    ),
    prepare('begin', 'BEGIN'),
    run('begin', 'begin'),
    prepare('commit', 'COMMIT'),
    run('commit', 'commit'),
    prepare('ddl', 'CREATE TABLE by_prepare (a INT)'),
    run('ddl', 'ddl'),
    run('ddl again', 'ddl'),
    sql('ALTER TABLE thing ADD COLUMN more INT'),
    run('after the table has changed', 'cursor'),
    com('reset connection', COM.resetConnection),
    run('execute after reset connection', 'echo', [long]),
    prepare('echo', 'SELECT ? AS echo'),
    run('prepared anew', 'echo', [long]),
    com('ping at the end', COM.ping),
  ];
}

/** LOCAL INFILE: small, empty, several packets, bad rows, and what the server refuses before or after. */
export const INFILE_SCRIPT: readonly Step[] = [
  sql("LOAD DATA LOCAL INFILE 'a' INTO TABLE loaded", { file: [Buffer.from('1\tone\n2\ttwo\n')] }),
  sql("LOAD DATA LOCAL INFILE 'a' INTO TABLE loaded", { name: 'empty file', file: [] }),
  sql("LOAD DATA LOCAL INFILE 'a' INTO TABLE loaded", {
    name: 'cut in the middle of a row',
    file: [Buffer.from('3\tth'), Buffer.from('ree\n'), Buffer.from('4')],
  }),
  sql("LOAD DATA LOCAL INFILE 'a' INTO TABLE loaded", { name: 'bad values', file: [Buffer.from('x\tone\textra\n\\N\t\\N\n5\n')] }),
  sql('SHOW WARNINGS'),
  sql("LOAD DATA LOCAL INFILE 'a' INTO TABLE missing", { file: [Buffer.from('1\n')] }),
  sql("LOAD DATA LOCAL INFILE 'a' INTO TABLE loaded; SELECT COUNT(*) FROM loaded", { file: [Buffer.from('6\tsix\n')] }),
  sql("LOAD DATA LOCAL INFILE 'a' INTO TABLE thing (name)", { name: 'duplicates', file: [Buffer.from('anvil\nnew\n')] }),
  sql("LOAD DATA LOCAL INFILE 'a' INTO TABLE loaded FIELDS TERMINATED BY ','", {
    name: 'many packets',
    file: Array.from({ length: 300 }, (_, i) => Buffer.from(`${i},row ${i}\n`)),
  }),
  sql("LOAD DATA LOCAL INFILE 'a' INTO TABLE loaded", { name: 'packet of 100 kB', file: [Buffer.from('7\tseven\n'.repeat(12_500))] }),
  sql('SELECT COUNT(*), SUM(a) FROM loaded'),
];

/** What changes nothing, and what a replica refuses. */
export const REPLICA_SCRIPT: readonly Step[] = [
  ...['SELECT * FROM thing ORDER BY id', "INSERT INTO thing (name) VALUES ('no')", 'CREATE TABLE no (a INT)', 'BEGIN'].map((text) =>
    sql(text),
  ),
  ...['UPDATE thing SET price = 1', 'COMMIT', 'SET autocommit = 0', 'DELETE FROM thing', 'ROLLBACK', 'CALL two_results()'].map((text) =>
    sql(text),
  ),
  ...['SET autocommit = 1', 'CREATE TEMPORARY TABLE t1 (a INT)', 'INSERT INTO t1 VALUES (1)', 'DROP TEMPORARY TABLE t1'].map((text) =>
    sql(text),
  ),
  prepare('write', 'INSERT INTO thing (name) VALUES (?)'),
  run('write', 'write', [varString]),
  com('ping', COM.ping),
];
