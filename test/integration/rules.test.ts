import type { RowDataPacket } from 'mysql2/promise';
import mysql from 'mysql2/promise';
import t from 'tap';
import { digest } from '../../src/sql/digest.js';
import { PASSWORDS } from '../servers/accounts.js';
import { startPointsman } from '../servers/pointsman-process.js';
import { until } from '../servers/replication.js';
import { FLAVORS, serverUnavailable, startReplication } from '../servers/servers.js';
import { Client, errno, sleep } from './session-world.js';

const EXCEEDED = { errno: 3024, sqlState: 'HY000', message: 'Query execution was interrupted, maximum statement execution time exceeded' };

/** Statements that name no table that exists: only rules look at them. */
function rules(replica: string): object[] {
  return [
    { name: 'dry', match: { comment: 'dry' }, action: { deny: 'never' }, dryRun: true },
    { name: 'all', match: { comment: 'counted' }, continue: true },
    { name: 'secrets', match: { table: ['secret', 'vault.*'] }, action: { deny: 'not for you' } },
    { name: 'drops', match: { kind: 'ddl', pattern: '^DROP' }, action: { deny: 'no drops' } },
    { name: 'digest', match: { digest: `0x${digest(Buffer.from('SELECT 1 + 2 + 3')).hash}` }, action: { deny: 'known' } },
    { name: 'few', match: { comment: 'few' }, action: { rateLimit: { statements: 2, every: '1h' } } },
    { name: 'quick', match: { comment: 'quick' }, action: { rateLimit: { statements: 1, every: '1s', burst: 1, per: 'user' } } },
    { name: 'late', match: { comment: 'late' }, action: { delay: '300ms', log: true } },
    { name: 'very-late', match: { comment: 'verylate' }, action: { delay: '10m' } },
    { name: 'bounded', match: { comment: 'bounded' }, action: { timeout: '100ms' } },
    { name: 'tight', match: { comment: 'tight' }, action: { timeout: '15ms' } },
    { name: 'rewrite', match: { pattern: "^SELECT '(\\w+)' AS old(.*)$" }, action: { rewrite: "SELECT '$1!' AS new$2" } },
    { name: 'reader', match: { comment: 'reader' }, action: { backend: replica } },
    { name: 'stay', match: { comment: 'stay' }, action: { route: 'replica', sticky: true } },
    { name: 'attribute', match: { attribute: 'tenant=evil' }, action: { deny: 'no' } },
    {
      name: 'others',
      match: { user: 'admin', client: '127.0.0.0/8', listener: 'split', tls: false },
      action: { deny: 'not on this port' },
    },
  ];
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(flavor, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    const replica = set.replicas[0] as (typeof set.servers)[number];
    const proxy = await startPointsman({ set, mode: 'follow', config: { rules: rules(replica.name) } });
    t.teardown(async () => {
      await proxy.stop();
      await set.stop();
    });
    const connect = async (port = proxy.primaryPort, more: mysql.ConnectionOptions = {}) =>
      new Client(
        await mysql.createConnection({
          host: '127.0.0.1',
          port,
          user: 'app',
          password: PASSWORDS.app,
          database: 'test1',
          multipleStatements: true,
          ...more,
        }),
      );
    const client = await connect();
    const rows = async (sql: string, of = client) => {
      const result = await of.query(sql);
      return 'errno' in result ? result : (result.rows as RowDataPacket[]);
    };
    // Workers tell the supervisor their numbers twice a second.
    const counts = async (line: string, number: number) => {
      await until(`${line} ${number}`, async () => {
        const text = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
        return text.split('\n').includes(`${line} ${number}`);
      });
    };

    await t.test('deny: by table, kind and pattern, digest; in transactions, texts of several statements, prepared', async (t) => {
      t.same(await rows('SELECT * FROM secret'), { errno: 9505, sqlState: 'HY000', message: 'denied by rule secrets: not for you' });
      t.match(await rows('SELECT 1 FROM `Secret`'), { errno: 9505 });
      t.match(await rows('DELETE FROM vault.doors'), { errno: 9505 });
      t.match(await rows('SELECT 1; SELECT * FROM secret'), { errno: 9505 });
      t.match(await rows('drop table t'), { errno: 9505, message: 'denied by rule drops: no drops' });
      t.match(await rows('SELECT 3+4 + 5'), { errno: 9505, message: 'denied by rule digest: known' });
      t.match(await rows('/* pointsman: replica */ SELECT * FROM secret'), { errno: 9505 }, 'a hint is no way out');
      t.match(await client.execute('SELECT * FROM secret WHERE a = ?', [1]), { errno: 9505 });
      await client.query('BEGIN');
      t.match(await rows('SELECT * FROM secret'), { errno: 9505 });
      t.same(await rows('SELECT 5 AS five'), [{ five: 5 }], 'the connection goes on');
      await client.query('COMMIT');
      await counts('pointsman_rule_refusals_total{rule="secrets",reason="denied"}', 7);
    });

    await t.test('dry run and continue: counted and nothing else', async (t) => {
      t.same(await rows('/* dry */ SELECT 1 AS one'), [{ one: 1 }]);
      t.match(await rows('/* counted */ SELECT * FROM secret'), { errno: 9505 });
      t.match(await client.execute('/* dry */ SELECT ? AS one', [1]), { rows: [{ one: 1 }] });
      await counts('pointsman_rule_hits_total{rule="dry"}', 2);
      await counts('pointsman_rule_hits_total{rule="all"}', 1);
      await counts('pointsman_rule_hits_total{rule="others"}', 0);
    });

    await t.test('user, address, listener, TLS', async (t) => {
      const admin = await connect(proxy.splitPort, { user: 'admin', password: PASSWORDS.admin });
      t.match(await admin.query('SELECT 1'), { errno: 9505, message: 'denied by rule others: not on this port' });
      t.match(await admin.query(`SELECT '${'x'.repeat(3 << 20)}' = 'y' AS same`), { errno: 9505 }, 'too large to be kept');
      t.match(await admin.query(`KILL ${admin.connection.threadId}`), { errno: 9505 }, 'KILL too');
      t.match(await admin.query('SELECT 1'), { errno: 9505 }, 'and the connection goes on');
      const other = await connect(proxy.primaryPort, { user: 'admin', password: PASSWORDS.admin });
      t.match(await other.query('SELECT 1'), { rows: [{ 1: 1 }] });
      await other.connection.changeUser({ user: 'app', password: PASSWORDS.app });
      const app = await connect(proxy.splitPort);
      t.match(await app.query('SELECT 1'), { rows: [{ 1: 1 }] });
      await app.connection.changeUser({ user: 'admin', password: PASSWORDS.admin });
      t.match(await app.query('SELECT 1'), { errno: 9505 }, 'a change of user brings other rules');
      for (const each of [admin, other, app]) await each.connection.end();
    });

    await t.test('rate limits', async (t) => {
      const results = [];
      for (let n = 0; n < 4; n++) results.push(errno(await client.query('/* few */ SELECT 1')));
      t.same(results, [0, 0, 9506, 9506]);
      t.match(await rows('/* few */ SELECT 1'), {
        sqlState: 'HY000',
        message: /^limited by rule few: at most 2 statements in 3600 s; .* try again in \d+ ms$/,
      });
      t.equal(errno(await client.execute('/* few */ SELECT 1')), 9506);
      t.equal(errno(await client.query('/* quick */ SELECT 1')), 0);
      const refused = await rows('/* quick */ SELECT 1');
      t.match(refused, { errno: 9506 });
      await sleep(Number(/in (\d+) ms/.exec('message' in refused ? String(refused.message) : '')?.[1]) + 5);
      t.equal(errno(await client.query('/* quick */ SELECT 1')), 0, 'after the time that it was told');
    });

    await t.test('delay', async (t) => {
      const startedMs = performance.now();
      t.same(await rows('/* late */ SELECT 1 AS one'), [{ one: 1 }]);
      t.ok(performance.now() - startedMs >= 295);
      await until('the line of the log', () => Promise.resolve(/a statement that a rule logs/.test(proxy.log())));
      const line =
        proxy
          .log()
          .split('\n')
          .find((each) => each.includes('a statement that a rule logs')) ?? '';
      t.match(JSON.parse(line), { rules: ['late'], user: 'app', client: '127.0.0.1', sql: /SELECT \?/i, digest: /^[0-9a-f]{16}$/ });
      const waiting = await connect();
      const ended = waiting.query('/* verylate */ SELECT 1');
      const id = waiting.connection.threadId;
      await sleep(50);
      t.equal(errno(await client.query(`KILL QUERY ${id}`)), 0);
      t.match(await ended, { errno: 1317 }, 'KILL QUERY ends the wait');
      t.match(await waiting.query('SELECT 2 AS two'), { rows: [{ two: 2 }] });
      void waiting.query('/* verylate */ SELECT 1');
      await sleep(50);
      waiting.connection.destroy();
      await until('the session is gone', async () => {
        const { sessions } = (await proxy.get('/api/v1/sessions')) as { sessions: { id: number }[] };
        return !sessions.some((session) => session.id === id);
      });
    });

    await t.test('timeout: 3024, and the connection goes on', async (t) => {
      for (const sql of ['SELECT SLEEP(5)', 'SELECT SLEEP(5), 1 FROM information_schema.tables', 'DO SLEEP(5)']) {
        const startedMs = performance.now();
        const result = await client.query(`/* bounded */ ${sql}`);
        const tookMs = performance.now() - startedMs;
        // A server that answers an interrupted DO SLEEP with OK says so itself.
        if (!(sql.startsWith('DO') && flavor === 'mysql')) t.same(result, EXCEEDED, sql);
        t.ok(tookMs > 95 && tookMs < 4000, `${sql}: ${Math.round(tookMs)} ms`);
        t.same(await rows('SELECT SLEEP(0.02) AS slept'), [{ slept: 0 }], 'the next statement');
      }
      t.same(await client.execute('/* bounded */ SELECT SLEEP(?)', [5]), EXCEEDED, 'prepared');
      t.match(await client.execute('/* bounded */ SELECT SLEEP(?) AS slept', [0]), { rows: [{ slept: 0 }] });
      await client.query('CREATE TABLE IF NOT EXISTS limits (id INT PRIMARY KEY)');
      await client.query('BEGIN');
      await client.query('INSERT INTO limits VALUES (1)');
      t.same(await client.query('/* bounded */ INSERT INTO limits SELECT 2 + SLEEP(5) FROM limits'), EXCEEDED, 'a write');
      t.same(await rows('SELECT COUNT(*) AS n FROM limits'), [{ n: 1 }], 'the transaction stays open');
      await client.query('COMMIT');
      await counts('pointsman_rule_refusals_total{rule="bounded",reason="timeout"}', 5);
    });

    await t.test('a KILL never hits the statement that comes next', async (t) => {
      let exceeded = 0;
      for (let n = 0; n < 60; n++) {
        const ms = 5 + Math.random() * 30;
        const first = client.query(`/* tight */ SELECT SLEEP(${(ms / 1000).toFixed(4)}) AS slept FROM limits`);
        const second = client.query('SELECT SLEEP(0.02) AS slept, id FROM limits');
        const result = await first;
        if (errno(result) === 3024) exceeded++;
        else t.match(result, { rows: [{ slept: 0 }] });
        const next = await second;
        if (JSON.stringify(next) !== '{"rows":[{"slept":0,"id":1}]}') t.fail(`${n}, after ${ms.toFixed(1)} ms: ${JSON.stringify(next)}`);
      }
      t.ok(exceeded > 5 && exceeded < 60, `${exceeded} of 60 took too long`);
    });

    await t.test('rewrite', async (t) => {
      t.same(await rows("SELECT 'x' AS old"), [{ new: 'x!' }]);
      t.same(await rows("/* a */ SELECT 'x' AS old /* b */ FROM limits WHERE id = 1;"), [{ new: 'x!' }]);
      t.match(await client.execute("SELECT 'y' AS old, ? AS p", ['z']), { rows: [{ new: 'y!', p: 'z' }] });
      t.match(await client.execute("SELECT 'y' AS old, ? AS p", ['w']), { rows: [{ new: 'y!', p: 'w' }] });
    });

    await t.test('targets: a named backend, hints, sticky', async (t) => {
      const port = async (sql: string, of = client) => {
        const result = await rows(sql, of);
        return Array.isArray(result) ? result[0]?.['port'] : result;
      };
      const primaryPort = set.primary.port;
      t.equal(await port('SELECT @@port AS port'), primaryPort);
      t.equal(await port('/* reader */ SELECT @@port AS port'), replica.port);
      t.equal(await port('SELECT @@port AS port'), primaryPort, 'and back');
      t.equal(await port('/* pointsman: replica */ SELECT @@port AS port'), replica.port);
      t.equal(await port(`/* pointsman: backend=${replica.name} */ SELECT @@port AS port`), replica.port);
      t.equal(await port('/* pointsman: backend=nobody */ SELECT @@port AS port'), primaryPort, 'a backend that is none is passed over');
      t.equal(await port('/* reader */ SELECT @@port AS port /* pointsman: primary */'), primaryPort, 'a hint goes before a rule');
      await client.query('BEGIN');
      t.equal(await port('/* reader */ SELECT @@port AS port'), primaryPort, 'a transaction stays where it is');
      await client.query('COMMIT');
      const prepared = await client.execute('/* reader */ SELECT @@port AS port');
      t.match(prepared, { rows: [{ port: replica.port }] });
      const split = await connect(proxy.splitPort);
      t.equal(await port('/* stay */ SELECT @@port AS port, CONNECTION_ID()', split), replica.port);
      t.equal(await port('SELECT @@port AS port, CONNECTION_ID()', split), replica.port, 'sticky');
      await split.connection.changeUser({ user: 'app', password: PASSWORDS.app, database: 'test1' });
      t.equal(await port('SELECT @@port AS port, CONNECTION_ID()', split), primaryPort, 'until the session begins anew');
      await split.connection.end();
    });

    await t.test('explain and the list of rules', async (t) => {
      const explain = (sql: string, more = '') =>
        proxy.get(`/api/v1/explain?sql=${encodeURIComponent(sql)}&user=app&database=test1${more}`) as Promise<Record<string, unknown>>;
      t.match(await explain('SELECT * FROM secret'), { denied: { rule: 'secrets', message: 'not for you' } });
      const plain = await explain('SELECT id FROM limits WHERE id = 7');
      t.match(plain, { facts: { kind: 'read', pureRead: true, tables: ['limits'] }, route: 'replica', target: replica.name, rules: [] });
      t.match(plain, {
        routeBy: 'the listener, split: a pure read',
        backends: [
          { name: replica.name, chosen: true },
          { chosen: false, reason: /left to writes/ },
        ],
      });
      t.match(await explain('DELETE FROM limits'), { route: 'primary', target: set.primary.name, routeBy: /no pure read: not-a-read/ });
      t.match(await explain('/* reader */ SELECT 1', '&listener=primary'), {
        target: replica.name,
        routeBy: 'rule reader',
        listener: 'primary',
      });
      t.match(await explain('/* pointsman: primary, colour=red */ SELECT 1'), {
        target: set.primary.name,
        routeBy: 'the hint',
        hint: { ignored: ['colour=red'] },
      });
      t.match(await explain("SELECT 'x' AS old"), { rewritten: "SELECT 'x!' AS new" });
      await client.query('CREATE TABLE IF NOT EXISTS explained (id INT PRIMARY KEY)');
      const { rules: listed } = (await proxy.get('/api/v1/rules')) as { rules: { name: string; hits: number; dryRun: boolean }[] };
      t.equal(listed.length, rules(replica.name).length);
      t.match(listed[0], { name: 'dry', hits: 2, dryRun: true });
    });

    await client.connection.end();
  });
}
