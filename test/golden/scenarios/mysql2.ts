import { Readable } from 'node:stream';
import mysql, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import type { Scenario, Target } from '../scenario.js';

const DRIVER = 'mysql2';

/** Statements as text: every shape of OK, ERR and result set that COM_QUERY has. */
const STATEMENTS = [
  'SELECT 1',
  'SELECT * FROM thing ORDER BY id',
  "SELECT REPEAT('long ', 60) AS more_than_250, '' AS blank, NULL AS nothing",
  'SELECT * FROM thing WHERE id = 99',
  "INSERT INTO thing (name) VALUES ('new'), ('newer')",
  "UPDATE thing SET price = 1 WHERE name IN ('new', 'newer')",
  'BEGIN',
  "DELETE FROM thing WHERE name IN ('new', 'newer')",
  'COMMIT',
  "SELECT CAST('x' AS SIGNED)",
  'SHOW WARNINGS',
  'SELECT nonsense FROM',
  'SELECT 1 AS a; SELECT 2 AS b, 3 AS c; DO 0',
  'SELECT 1; SELECT * FROM missing_table; SELECT 2',
  'CALL two_results()',
  'SELECT id, boom(id) FROM thing ORDER BY id',
];

export const mysql2Scenarios: readonly Scenario[] = [
  {
    name: 'mysql2-text',
    driver: DRIVER,
    what: STATEMENTS.join('\n'),
    run: (target) => withConnection(target, {}, (connection) => each(STATEMENTS, (sql) => outcome(() => connection.query(sql)))),
  },
  {
    name: 'mysql2-session-track',
    driver: DRIVER,
    what: 'session trackers of every kind, in OK packets with and without text',
    run: (target) =>
      withConnection(target, { flags: ['+SESSION_TRACK'] }, (connection) =>
        each(trackedStatements(target.flavor), (sql) => outcome(() => connection.query(sql))),
      ),
  },
  {
    name: 'mysql2-prepared',
    driver: DRIVER,
    what: 'prepare and execute with 0, 1 and 4 parameters, with and without columns, NULL parameters, an error, CALL; close',
    run: (target) => withConnection(target, {}, runPrepared),
  },
  {
    name: 'mysql2-commands',
    driver: DRIVER,
    what: 'ping, change user, reset connection, LOCAL INFILE, quit',
    run: runCommands,
  },
  {
    name: 'mysql2-wrong-password',
    driver: DRIVER,
    what: 'login as golden_native with a wrong password',
    run: (target) => outcome(() => connect(target, { password: 'wrong' })),
  },
  {
    name: 'mysql2-unknown-database',
    driver: DRIVER,
    what: 'login with a database that does not exist',
    run: (target) => outcome(() => connect(target, { database: 'nowhere' })),
  },
  {
    name: 'mysql2-sha2-full',
    driver: DRIVER,
    only: 'mysql',
    what: 'caching_sha2_password with a cold cache and no TLS: public key, encrypted password',
    run: async (target) => {
      await target.admin('FLUSH PRIVILEGES');
      return await withConnection(target, { user: 'golden_sha2' }, (connection) =>
        outcome(() => connection.query('SELECT CURRENT_USER()')),
      );
    },
  },
  {
    name: 'mysql2-sha2-fast',
    driver: DRIVER,
    only: 'mysql',
    what: 'caching_sha2_password again: fast path',
    run: (target) =>
      withConnection(target, { user: 'golden_sha2' }, (connection) => outcome(() => connection.query('SELECT CURRENT_USER()'))),
  },
];

function trackedStatements(flavor: 'mysql' | 'mariadb'): string[] {
  return [
    "SET SESSION session_track_system_variables = '*'",
    'SET SESSION session_track_schema = ON',
    'SET SESSION session_track_state_change = ON',
    "SET SESSION session_track_transaction_info = 'CHARACTERISTICS'",
    ...(flavor === 'mysql' ? ["SET SESSION session_track_gtids = 'OWN_GTID'"] : []),
    'USE information_schema',
    'USE golden',
    'SET NAMES latin1',
    'SET NAMES utf8mb4',
    "SET sql_mode = '', sort_buffer_size = 300000",
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY',
    'START TRANSACTION',
    'SELECT * FROM thing LIMIT 1',
    'COMMIT',
    'SET autocommit = 0',
    "INSERT INTO thing (name) VALUES ('tracked')",
    "UPDATE thing SET price = 2 WHERE name = 'tracked'",
    "DELETE FROM thing WHERE name = 'tracked'",
    'COMMIT',
    'SET autocommit = 1',
    'SET @user_variable = 1',
    'CREATE TEMPORARY TABLE mine (a INT)',
    'DROP TEMPORARY TABLE mine',
    "PREPARE p FROM 'SELECT 1'",
    'DO 0',
  ];
}

function options(target: Target, more: ConnectionOptions): ConnectionOptions {
  return {
    host: '127.0.0.1',
    port: target.port,
    user: 'golden_native',
    password: 'golden-secret',
    database: 'golden',
    multipleStatements: true,
    rowsAsArray: true,
    // Values as they came: no date or number of the driver's making.
    typeCast: false,
    ...more,
  };
}

async function connect(target: Target, more: ConnectionOptions): Promise<Connection> {
  return await mysql.createConnection(options(target, more));
}

async function withConnection(
  target: Target,
  more: ConnectionOptions,
  work: (connection: Connection) => Promise<unknown>,
): Promise<unknown> {
  const connection = await connect(target, more);
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

async function runPrepared(connection: Connection): Promise<unknown> {
  const seen: unknown[] = [];
  const run = async (sql: string, ...executions: (readonly (string | number | null)[])[]) => {
    const statement = await outcome(() => connection.prepare(sql));
    seen.push({ prepare: sql, error: statement });
    if (statement !== undefined) return;
    for (const values of executions) seen.push({ values, result: await outcome(() => connection.execute(sql, values as never[])) });
    connection.unprepare(sql);
  };
  await run('DO 1', []);
  await run('SELECT 1 AS one', []);
  await run('SELECT id, name, price, made FROM thing WHERE id >= ? ORDER BY id', [1], [2], [99]);
  await run('INSERT INTO thing (name, price, made) VALUES (?, ?, ?)', ['prepared', 3.5, '2021-01-01'], [null, null, null]);
  await run('SELECT boom(id) FROM thing WHERE id <= ? AND ? IS NULL ORDER BY id', [3, null]);
  await run('CALL two_results()', []);
  await run('SELECT FROM nonsense');
  await run('DELETE FROM thing WHERE id > ?', [3]);
  return seen;
}

async function runCommands(target: Target): Promise<unknown> {
  const infileStreamFactory = () => Readable.from([Buffer.from('1\tone\n2\ttwo\n'), Buffer.from('3\tthree\n')]);
  return await withConnection(target, {}, async (connection) => {
    const load = { sql: "LOAD DATA LOCAL INFILE 'golden.tsv' INTO TABLE loaded", infileStreamFactory };
    const badLoad = { ...load, sql: "SET sql_mode = ''; LOAD DATA LOCAL INFILE 'golden.tsv' INTO TABLE loaded (b, a); SELECT 1" };
    return [
      await outcome(() => connection.ping()),
      await outcome(() => connection.query(load)),
      await outcome(() => connection.query(badLoad)),
      await outcome(() => connection.query('DELETE FROM loaded')),
      await outcome(() => connection.changeUser({ user: 'golden_native', password: 'golden-secret', database: 'golden' })),
      await outcome(() => connection.query('SELECT DATABASE()')),
      await outcome(() => connection.reset()),
      await outcome(() => connection.query('SELECT 1')),
    ];
  });
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const item of items) results.push({ did: item, got: await work(item) });
  return results;
}

/** What the driver made of it, as plain JSON: rows as text, headers as they are, errors by code and words. */
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    const result = await work();
    return Array.isArray(result) ? plain(result[0]) : undefined;
  } catch (error) {
    const { errno, sqlState, sqlMessage } = error as { errno?: number; sqlState?: string; sqlMessage?: string };
    return { errno, sqlState, sqlMessage };
  }
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
