import { createRequire } from 'node:module';
import mariadb from 'mariadb';
import { ALL_BYTES, EVERY_TYPE, env, errorOf, largeBlob, md5, runScenarios, same, show, TEXT } from './harness.mjs';

const base = {
  host: env.DB_HOST,
  port: Number(env.DB_PORT),
  user: env.DB_USER,
  password: env.DB_PASSWORD,
  database: env.DB_NAME,
  multipleStatements: true,
  allowPublicKeyRetrieval: true,
  connectTimeout: 20_000,
  dateStrings: true,
};
const TLS = { ssl: { rejectUnauthorized: false } };
const read = (error) =>
  `${error.errno} ${error.sqlState} ${String(error.sqlMessage ?? error.message).replaceAll(/\(conn:-?\d+[^)]*\) ?/g, '')}`;

function open(options = {}) {
  return mariadb.createConnection({ ...base, ...options });
}

function connected(work, options) {
  return async () => {
    const connection = await open(options);
    connection.on('error', () => undefined);
    try {
      return await work(connection);
    } finally {
      connection.destroy();
    }
  };
}

const one = async (connection, sql, values) => Object.values((await connection.query(sql, values))[0])[0];

async function login(options) {
  const connection = await open(options);
  const [row] = await connection.query("SHOW STATUS LIKE 'Ssl_cipher'");
  same(row.Value !== '', options.ssl !== undefined, 'Ssl_cipher is set');
  const user = await one(connection, 'SELECT CURRENT_USER()');
  await connection.end();
  return `${user} ${row.Value !== ''}`;
}

await runScenarios(`mariadb ${createRequire(import.meta.url)('./node_modules/mariadb/package.json').version}`, {
  login: () => login({}),
  'login-tls': () => login(TLS),
  'login-native': () => login({ user: env.DB_USER_NATIVE }),
  'login-sha256': () => login({ user: env.DB_USER_SHA256, ...TLS }),
  'login-ed25519': () => login({ user: env.DB_USER_ED25519 }),
  'wrong-password': () => errorOf(open({ password: 'wrong' }), read),
  'unknown-database': () => errorOf(open({ database: `${env.DB_NAME}_none` }), read),
  unicode: connected(async (connection) => {
    await connection.execute('INSERT INTO texts (body) VALUES (?)', [TEXT]);
    await connection.query(`INSERT INTO texts (body) VALUES (${connection.escape(TEXT)})`);
    const rows = await connection.query('SELECT body, CHAR_LENGTH(body) AS length FROM texts ORDER BY id');
    for (const row of rows) same([row.body, Number(row.length)], [TEXT, [...TEXT].length], 'text');
    return show(rows);
  }),
  binary: connected(async (connection) => {
    await connection.execute('INSERT INTO bytes VALUES (1, ?)', [ALL_BYTES]);
    await connection.query('INSERT INTO bytes VALUES (2, ?)', [ALL_BYTES]);
    const rows = await connection.execute('SELECT body FROM bytes WHERE id IN (1, 2)');
    for (const row of rows) same(row.body, ALL_BYTES, 'bytes');
    return show(rows);
  }),
  types: connected(async (connection) => {
    const names = Object.keys(EVERY_TYPE);
    await connection.execute(
      `INSERT INTO every_type (id, ${names.join(', ')}) VALUES (2, ${names.map(() => '?').join(', ')})`,
      Object.values(EVERY_TYPE),
    );
    same(Number(await one(connection, 'SELECT same FROM types_equal WHERE id = 2')), 1, 'what was written equals the literals');
    const prepared = await connection.execute('SELECT * FROM every_type WHERE id = ?', [1]);
    const text = await connection.query('SELECT * FROM every_type WHERE id = 1');
    return show([prepared, text, text.meta.map((column) => [column.name(), column.type, column.flags, column.columnLength, column.scale])]);
  }),
  prepared: connected(async (connection) => {
    const statement = await connection.prepare('INSERT INTO prepared VALUES (?, ?, ?)');
    for (let i = 1; i <= 50; i++) await statement.execute([i, i % 3 === 0 ? null : `name ${i}`, i / 4]);
    statement.close();
    // Bulk: one COM_STMT_BULK_EXECUTE where the server has it.
    const rest = Array.from({ length: 50 }, (_, i) => [i + 51, `name ${i + 51}`, (i + 51) / 4]);
    await connection.batch('INSERT INTO prepared VALUES (?, ?, ?)', rest);
    // Pipelined: none waits for the one before it.
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) => connection.execute(`SELECT name, ${i} AS i FROM prepared WHERE id = ?`, [i + 51])),
    );
    all.forEach((rows, i) => {
      same([rows[0].name, Number(rows[0].i)], [`name ${i + 51}`, i], `row ${i}`);
    });
    return one(connection, 'SELECT SUM(amount) FROM prepared');
  }),
  transaction: connected(async (connection) => {
    const other = await open();
    await connection.beginTransaction();
    await connection.execute('UPDATE balances SET balance = balance - 10 WHERE id = 1');
    same(await one(other, 'SELECT balance FROM balances WHERE id = 1'), 100, 'seen by another before commit');
    await connection.rollback();
    same(await one(connection, 'SELECT balance FROM balances WHERE id = 1'), 100, 'after rollback');
    await connection.beginTransaction();
    await connection.query('UPDATE balances SET balance = balance - 10 WHERE id = 1');
    await connection.query('UPDATE balances SET balance = balance + 10 WHERE id = 2');
    await connection.commit();
    const rows = await other.query('SELECT * FROM balances ORDER BY id');
    await other.end();
    return show(rows);
  }),
  'multi-results': connected(async (connection) => {
    const several = await connection.query("SELECT 1 AS a; DO 0; SELECT 'x' AS b, 2 AS c");
    const called = await connection.query('CALL two_results()');
    const failing = await errorOf(connection.query('SELECT 1; SELECT nothing_such; SELECT 2'), read);
    return show({ several, called, failing, after: await one(connection, 'SELECT 5') });
  }),
  'large-blob': connected(async (connection) => {
    const blob = largeBlob();
    await connection.execute('INSERT INTO bytes VALUES (20, ?)', [blob]);
    same(await one(connection, 'SELECT MD5(body) FROM bytes WHERE id = 20'), md5(blob), 'checksum of the server');
    const [row] = await connection.query('SELECT body FROM bytes WHERE id = 20');
    same(md5(row.body), md5(blob), 'checksum of what came back');
    return row.body.length;
  }),
  'local-infile': connected(
    async (connection) => {
      const result = await connection.query(`LOAD DATA LOCAL INFILE '${env.DB_INFILE}' INTO TABLE loaded CHARACTER SET utf8mb4`);
      return `${result.affectedRows} ${show(await connection.query('SELECT * FROM loaded WHERE id = 1000'))}`;
    },
    { permitLocalInfile: true },
  ),
  cursor: connected(async (connection) => {
    let sum = 0;
    for await (const row of connection.queryStream('SELECT id, name FROM numbers ORDER BY id')) sum += row.id;
    return sum;
  }),
  reset: connected(async (connection) => {
    await connection.query("SET @mine = 1, sql_mode = 'ANSI_QUOTES'");
    // The driver refuses to change the user on MySQL.
    if (env.DB_FLAVOR === 'mariadb')
      await connection.changeUser({ user: env.DB_USER_NATIVE, password: env.DB_PASSWORD, database: env.DB_NAME });
    else await connection.reset();
    const first = await connection.query('SELECT @mine AS mine, CURRENT_USER() AS user, DATABASE() AS db, @@sql_mode AS mode');
    await connection.query('SET @mine = 1');
    await connection.reset();
    return show([first, await connection.query('SELECT @mine AS mine, DATABASE() AS db')]);
  }),
  'kill-query': connected(async (connection) => {
    const other = await open();
    const sleeping = errorOf(connection.query('SELECT id FROM numbers WHERE SLEEP(20) = 0'), read);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await other.query(`KILL QUERY ${connection.threadId}`);
    const error = await sleeping;
    await other.end();
    return `${error}; then ${await one(connection, 'SELECT 1')}`;
  }),
  // The driver's time-out is SET STATEMENT max_statement_time (MariaDB) or refused by the driver (MySQL).
  cancel: connected(async (connection) => {
    const error = await errorOf(connection.query({ sql: 'SELECT id FROM numbers WHERE SLEEP(20) = 0', timeout: 300 }), read);
    return `${error}; then ${await one(connection, 'SELECT 1')}`;
  }),
  reconnect: async () => {
    const pool = mariadb.createPool({ ...base, connectionLimit: 1, acquireTimeout: 15_000 });
    const id = await one(pool, 'SELECT CONNECTION_ID()');
    const other = await open();
    await other.query(`KILL ${id}`);
    await other.end();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const again = await one(pool, 'SELECT CONNECTION_ID()');
    await pool.end();
    return String(again) !== String(id);
  },
  results: connected(async (connection) => {
    const seen = [];
    seen.push(await connection.query("INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)"));
    seen.push(await connection.query("INSERT INTO counters (name, n) VALUES ('a', 1) ON DUPLICATE KEY UPDATE n = n + 1"));
    seen.push(await connection.execute('UPDATE counters SET n = 1'));
    seen.push(await errorOf(connection.query("INSERT INTO counters (name, n) VALUES ('a', 1)"), read));
    seen.push(await errorOf(connection.query('SELECT oops('), read));
    seen.push(await errorOf(connection.execute('SELECT * FROM no_such_table'), read));
    await connection.query("SELECT 1 + 'x'");
    seen.push(await connection.query('SHOW WARNINGS'));
    return show([seen, connection.serverVersion()]);
  }),
});
