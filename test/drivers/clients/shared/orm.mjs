/** The scenarios of the Node mappers. Each gives its own way of doing them as an object of functions; see `runOrm`. */
import { ALL_BYTES, env, errorOf, largeBlob, md5, runScenarios, same, show, TEXT } from './harness.mjs';

export const URL_OF = (user, password = env.DB_PASSWORD) => ({
  host: env.DB_HOST,
  port: Number(env.DB_PORT),
  user: env.DB_USER,
  database: env.DB_NAME,
  ...user,
  password,
});
export const TLS = { ssl: { rejectUnauthorized: false } };
export const BOOKS = [
  { author: TEXT, books: ['one', 'two'] },
  { author: 'Ānanda', books: ['three'] },
];

/** The driver's error under the mapper's. */
export function readError(error) {
  const inner = error.original ?? error.driverError ?? error.cause ?? error;
  return `${inner.errno} ${inner.sqlState} ${inner.sqlMessage ?? inner.message}`;
}

/**
 * @param {string} version
 * @param {{ open(options: object): Promise<object>, close(db): Promise<void>, rows(db, sql: string): Promise<object[]>,
 *   makeTables(db), fill(db), read(db), rollback(db), putBytes(db, id: number, bytes: Buffer), getBytes(db, id: number), inspect(db), stream?(db) }} orm
 * `fill` writes BOOKS, `read` gives authors with their books, `rollback` writes in a transaction that it rolls back.
 */
export async function runOrm(version, orm) {
  const connected =
    (work, options = {}) =>
    async () => {
      const db = await orm.open(URL_OF(options, options.password));
      try {
        return await work(db);
      } finally {
        await orm.close(db);
      }
    };
  const one = async (db, sql) => Object.values((await orm.rows(db, sql))[0])[0];
  const login = (options) =>
    connected(async (db) => {
      const [row] = await orm.rows(db, "SHOW STATUS LIKE 'Ssl_cipher'");
      same(row.Value !== '', options.ssl !== undefined, 'Ssl_cipher is set');
      return one(db, 'SELECT CURRENT_USER() AS user');
    }, options);
  await runScenarios(version, {
    login: login({}),
    'login-tls': login(TLS),
    'login-native': login({ user: env.DB_USER_NATIVE }),
    'login-sha256': login({ user: env.DB_USER_SHA256, ...TLS }),
    'wrong-password': () => errorOf(connected((db) => orm.rows(db, 'SELECT 1'), { password: 'wrong' })(), readError),
    'unknown-database': () => errorOf(connected((db) => orm.rows(db, 'SELECT 1'), { database: `${env.DB_NAME}_none` })(), readError),
    orm: connected(async (db) => {
      await orm.makeTables(db);
      await orm.fill(db);
      return show([await orm.read(db), await orm.inspect(db)]);
    }),
    transaction: connected(async (db) => {
      await orm.makeTables(db);
      await orm.fill(db);
      await orm.rollback(db);
      return one(db, 'SELECT COUNT(*) AS n FROM books');
    }),
    binary: connected(async (db) => {
      await orm.makeTables(db);
      await orm.putBytes(db, 1, ALL_BYTES);
      same(Buffer.from(await orm.getBytes(db, 1)), ALL_BYTES, 'bytes');
      return one(db, 'SELECT HEX(body) AS body FROM blobs WHERE id = 1');
    }),
    'large-blob': connected(async (db) => {
      await orm.makeTables(db);
      const blob = largeBlob();
      await orm.putBytes(db, 2, blob);
      same(await one(db, 'SELECT MD5(body) AS sum FROM blobs WHERE id = 2'), md5(blob), 'checksum of the server');
      same(md5(Buffer.from(await orm.getBytes(db, 2))), md5(blob), 'checksum of what came back');
      return blob.length;
    }),
    cursor: orm.stream === undefined ? 'the mapper reads whole results only' : connected((db) => orm.stream(db)),
    results: connected(async (db) => {
      const seen = [];
      for (const sql of [
        "INSERT INTO counters (name, n) VALUES ('a', 1)",
        "INSERT INTO counters (name, n) VALUES ('a', 1)",
        'SELECT oops(',
        'SELECT * FROM no_such_table',
      ])
        seen.push(await orm.rows(db, sql).then(() => 'ok', readError));
      return show(seen);
    }),
    reconnect: connected(async (db) => {
      const before = await one(db, 'SELECT CONNECTION_ID() AS id');
      const other = await orm.open(URL_OF({}));
      await orm.rows(other, `KILL ${before}`).catch(() => undefined);
      await orm.close(other);
      await new Promise((resolve) => setTimeout(resolve, 300));
      for (let tries = 0; tries < 5; tries++) {
        const after = await one(db, 'SELECT CONNECTION_ID() AS id').catch(() => before);
        if (after !== before) return 'works again';
      }
      throw new Error('it never works again');
    }),
  });
}
