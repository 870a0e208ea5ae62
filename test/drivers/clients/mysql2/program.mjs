import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import mysql from 'mysql2/promise';
import { ALL_BYTES, EVERY_TYPE, env, errorOf, largeBlob, md5, runScenarios, same, show, TEXT } from './harness.mjs';

const base = {
  host: env.DB_HOST,
  port: Number(env.DB_PORT),
  user: env.DB_USER,
  password: env.DB_PASSWORD,
  database: env.DB_NAME,
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  charset: 'utf8mb4',
  multipleStatements: true,
};

async function open(options = {}) {
  const connection = await mysql.createConnection({ ...base, ...options });
  connection.on('error', () => undefined);
  return connection;
}

/** A connection for one scenario, closed whatever happens. */
function connected(work, options) {
  return async () => {
    const connection = await open(options);
    try {
      return await work(connection);
    } finally {
      connection.destroy();
    }
  };
}

const cipher = async (connection) => (await connection.query("SHOW STATUS LIKE 'Ssl_cipher'"))[0][0].Value;
const one = async (connection, sql, values) => Object.values((await connection.query(sql, values))[0][0])[0];

async function login(options) {
  const connection = await open(options);
  try {
    const encrypted = (await cipher(connection)) !== '';
    same(encrypted, options.ssl !== undefined, 'Ssl_cipher');
    return `${await one(connection, 'SELECT CURRENT_USER()')} ${encrypted}`;
  } finally {
    await connection.end();
  }
}

const TLS = { ssl: { rejectUnauthorized: false } };

await runScenarios(`mysql2 ${createRequire(import.meta.url)('mysql2/package.json').version}`, {
  login: () => login({}),
  'login-tls': () => login(TLS),
  'login-native': () => login({ user: env.DB_USER_NATIVE }),
  'login-sha256': () => login({ user: env.DB_USER_SHA256, ...TLS }),
  'login-ed25519': () => login({ user: env.DB_USER_ED25519 }),
  'wrong-password': () => errorOf(open({ password: 'wrong' })),
  'unknown-database': () => errorOf(open({ database: `${env.DB_NAME}_none` })),
  unicode: connected(async (connection) => {
    const [{ insertId }] = await connection.execute('INSERT INTO texts (body) VALUES (?)', [TEXT]);
    await connection.query(`INSERT INTO texts (body) VALUES (${connection.escape(TEXT)})`);
    const [rows] = await connection.query('SELECT body, CHAR_LENGTH(body) AS length FROM texts WHERE id >= ? ORDER BY id', [insertId]);
    for (const row of rows) same([row.body, Number(row.length)], [TEXT, [...TEXT].length], 'text');
    return show(rows);
  }),
  binary: connected(async (connection) => {
    await connection.execute('INSERT INTO bytes VALUES (1, ?)', [ALL_BYTES]);
    await connection.query('INSERT INTO bytes VALUES (2, ?)', [ALL_BYTES]);
    const [rows] = await connection.execute('SELECT body FROM bytes WHERE id IN (1, 2)');
    for (const row of rows) same(row.body, ALL_BYTES, 'bytes');
    return show(rows);
  }),
  types: connected(async (connection) => {
    const names = Object.keys(EVERY_TYPE);
    const marks = names.map(() => '?').join(', ');
    await connection.execute(`INSERT INTO every_type (id, ${names.join(', ')}) VALUES (2, ${marks})`, Object.values(EVERY_TYPE));
    same(Number(await one(connection, 'SELECT same FROM types_equal WHERE id = 2')), 1, 'what was written equals the literals');
    const [prepared, columns] = await connection.execute('SELECT * FROM every_type WHERE id = 1');
    const [text] = await connection.query('SELECT * FROM every_type WHERE id = 1');
    return show({
      prepared,
      text,
      columns: columns.map(({ name, columnType, flags, characterSet, decimals }) => [name, columnType, flags, characterSet, decimals]),
    });
  }),
  prepared: connected(async (connection) => {
    const statement = await connection.prepare('INSERT INTO prepared VALUES (?, ?, ?)');
    for (let i = 1; i <= 100; i++) await statement.execute([i, i % 3 === 0 ? null : `name ${i}`, i / 4]);
    await statement.close();
    for (let i = 1; i <= 100; i++) {
      const select = await connection.prepare(`SELECT name, ${i} AS i FROM prepared WHERE id = ?`);
      const [rows] = await select.execute([i]);
      same(rows, [{ name: i % 3 === 0 ? null : `name ${i}`, i: rows[0].i }], `row ${i}`);
      await select.close();
    }
    return one(connection, 'SELECT SUM(amount) FROM prepared');
  }),
  transaction: connected(async (connection) => {
    const other = await open();
    try {
      await connection.beginTransaction();
      await connection.execute('UPDATE balances SET balance = balance - 10 WHERE id = 1');
      same(await one(other, 'SELECT balance FROM balances WHERE id = 1'), 100, 'seen by another before commit');
      await connection.rollback();
      same(await one(connection, 'SELECT balance FROM balances WHERE id = 1'), 100, 'after rollback');
      await connection.beginTransaction();
      await connection.execute('UPDATE balances SET balance = balance - 10 WHERE id = 1');
      await connection.query('UPDATE balances SET balance = balance + 10 WHERE id = 2');
      await connection.commit();
      return show((await other.query('SELECT * FROM balances ORDER BY id'))[0]);
    } finally {
      other.destroy();
    }
  }),
  'multi-results': connected(async (connection) => {
    const [several] = await connection.query("SELECT 1 AS a; DO 0; SELECT 'x' AS b, 2 AS c");
    const [called] = await connection.query('CALL two_results()');
    const failing = await errorOf(connection.query('SELECT 1; SELECT nothing_such; SELECT 2'));
    await connection.query('CALL add_up(3, 4, @total)');
    return show({ several, called, failing, total: await one(connection, 'SELECT @total') });
  }),
  'large-blob': connected(async (connection) => {
    const blob = largeBlob();
    await connection.execute('INSERT INTO bytes VALUES (20, ?)', [blob]);
    same(await one(connection, 'SELECT MD5(body) FROM bytes WHERE id = 20'), md5(blob), 'checksum of the server');
    const [[row]] = await connection.query('SELECT body FROM bytes WHERE id = 20');
    same(md5(row.body), md5(blob), 'checksum of what came back');
    return row.body.length;
  }),
  'local-infile': connected(async (connection) => {
    const [result] = await connection.query({
      sql: 'LOAD DATA LOCAL INFILE ? INTO TABLE loaded CHARACTER SET utf8mb4',
      values: [env.DB_INFILE],
      infileStreamFactory: (path) => createReadStream(path),
    });
    return `${result.affectedRows} ${result.info} ${show((await connection.query('SELECT * FROM loaded WHERE id = 1000'))[0])}`;
  }),
  cursor: connected(async (connection) => {
    const stream = connection.connection.query('SELECT id, name FROM numbers ORDER BY id').stream({ highWaterMark: 5 });
    let sum = 0;
    for await (const row of stream) sum += row.id;
    return sum;
  }),
  reset: connected(async (connection) => {
    await connection.query("SET @mine = 1, sql_mode = 'ANSI_QUOTES'");
    await connection.changeUser({ user: env.DB_USER_NATIVE, password: env.DB_PASSWORD, database: env.DB_NAME });
    const [first] = await connection.query('SELECT @mine AS mine, CURRENT_USER() AS user, DATABASE() AS db, @@sql_mode AS mode');
    await connection.query('SET @mine = 1');
    await connection.reset();
    return show([first, (await connection.query('SELECT @mine AS mine, DATABASE() AS db'))[0]]);
  }),
  'kill-query': connected(async (connection) => {
    const other = await open();
    try {
      const sleeping = errorOf(connection.query('SELECT id FROM numbers WHERE SLEEP(20) = 0'));
      await new Promise((resolve) => setTimeout(resolve, 300));
      await other.query(`KILL QUERY ${connection.threadId}`);
      return `${await sleeping}; then ${await one(connection, 'SELECT 1')}`;
    } finally {
      other.destroy();
    }
  }),
  reconnect: async () => {
    const pool = mysql.createPool({ ...base, connectionLimit: 1 });
    try {
      const id = await one(pool, 'SELECT CONNECTION_ID()');
      const other = await open();
      await other.query(`KILL ${id}`).finally(() => other.destroy());
      // The end of the connection comes a moment after the answer to KILL.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const failed = await one(pool, 'SELECT 1').then(
        () => 'none',
        (error) => error.code,
      );
      const again = await one(pool, 'SELECT CONNECTION_ID()');
      return `${['none', 'PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'ER_CLIENT_INTERACTION_TIMEOUT'].includes(failed) ? 'lost' : failed} ${again !== id}`;
    } finally {
      await pool.end();
    }
  },
  results: connected(async (connection) => {
    const pick = ([{ affectedRows, insertId, warningStatus, info, changedRows, serverStatus }]) => ({
      affectedRows,
      insertId,
      warningStatus,
      info,
      changedRows,
      serverStatus,
    });
    const seen = [];
    seen.push(pick(await connection.query("INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)")));
    seen.push(pick(await connection.query("INSERT INTO counters (name, n) VALUES ('a', 1) ON DUPLICATE KEY UPDATE n = n + 1")));
    seen.push(pick(await connection.execute('UPDATE counters SET n = 1')));
    seen.push(await errorOf(connection.query("INSERT INTO counters (name, n) VALUES ('a', 1)")));
    seen.push(await errorOf(connection.query('SELECT oops(')));
    seen.push(await errorOf(connection.execute('SELECT * FROM no_such_table')));
    await connection.query("SELECT 1 + 'x'");
    seen.push((await connection.query('SHOW WARNINGS'))[0]);
    return show(seen);
  }),
});
