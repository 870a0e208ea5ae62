import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { Conversation, USUAL_CAPABILITIES } from '../../src/protocol/conversation.js';
import { DEFAULT_DIALECT } from '../../src/sql/dialect.js';
import { digest } from '../../src/sql/digest.js';
import { WireTap } from '../golden/wire-tap.js';
import { AuthClient, type AuthLogin } from '../proxy/auth-client.js';
import { runPointsman } from '../proxy/run-pointsman.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { errorOf } from '../proxy/wire-client.js';
import { ed25519Args, FLAVORS, type Server, serverUnavailable, startStandalone, until } from '../servers/servers.js';

/** No password, and nothing that stands for one, is in a log, an error of ours, an answer of the admin interface or a trace. */
const RIGHT = 'Rght-Kumquat-7391';
const WRONG = 'Wrng-Papaya-2648';
const OTHER = 'Othr-Quince-5512';
const MONITOR = 'Mntr-Lychee-8867';
const LITERAL = 'Ltrl-Durian-4410';
const PASSWORDS = [RIGHT, WRONG, OTHER, MONITOR, LITERAL];

const hashed = (name: string, data: Buffer | string) => createHash(name).update(data).digest();

/** All that a password can be recognised by, or used in place of it. */
function marksOf(password: string): string[] {
  const sha1 = hashed('sha1', password);
  const sha256 = hashed('sha256', password);
  const bytes = [Buffer.from(password), sha1, hashed('sha1', sha1), sha256, hashed('sha256', sha256), hashed('sha512', password)];
  const marks = bytes.flatMap((one) => [one.toString('hex'), one.toString('base64').replace(/=+$/, ''), one.toString('latin1')]);
  return [password, [...password].join(' '), encodeURIComponent(password), ...marks];
}

/** Names of the marks found in a text; the text itself is not repeated in the complaint. */
function found(text: string, more: readonly string[] = []): string[] {
  const low = text.toLowerCase();
  const marks = PASSWORDS.flatMap((password) =>
    marksOf(password).map((mark, index) => [`${password.slice(0, 4)} mark ${index}`, mark] as const),
  );
  const all = [...marks, ...more.map((mark, index) => [`more ${index}`, mark] as const)];
  return all.filter(([, mark]) => low.includes(mark.toLowerCase())).map(([name]) => name);
}

const CLIENTS: readonly Pick<AuthLogin, 'plugin' | 'dummy' | 'tls'>[] = [
  'mysql_native_password',
  'caching_sha2_password',
  'sha256_password',
  'mysql_clear_password',
  undefined,
].flatMap((plugin) => [
  { plugin, tls: false },
  { plugin, tls: true },
]);

const ACCOUNTS = {
  mysql: {
    s_native: 'WITH mysql_native_password',
    s_sha2: 'WITH caching_sha2_password',
    s_sha256: 'WITH sha256_password',
    s_listed: 'WITH mysql_native_password',
  },
  mariadb: { s_native: 'VIA mysql_native_password', s_ed25519: 'VIA ed25519', s_listed: 'VIA mysql_native_password' },
} as const;

const STATEMENTS: readonly string[] = [
  `SET PASSWORD = '${LITERAL}'`,
  `SET PASSWORD FOR s_native@'%' = "${LITERAL}"`,
  `SET PASSWORD = PASSWORD('${LITERAL}')`,
  `SET PASSWORD = OLD_PASSWORD(N'${LITERAL}')`,
  `CREATE USER x1 IDENTIFIED BY '${LITERAL}'`,
  `CREATE USER x1 IDENTIFIED BY PASSWORD '${LITERAL}', x2 IDENTIFIED WITH sha256_password BY '${LITERAL}' REQUIRE NONE`,
  `ALTER USER x1 IDENTIFIED WITH caching_sha2_password AS '${LITERAL}' REPLACE '${LITERAL}'`,
  `ALTER USER USER() IDENTIFIED BY x'${Buffer.from(LITERAL).toString('hex')}'`,
  `ALTER USER x1 IDENTIFIED WITH caching_sha2_password AS 0x${Buffer.from(LITERAL).toString('hex')}`,
  `GRANT ALL ON a.* TO x1 IDENTIFIED BY '${LITERAL}'`,
  `CHANGE MASTER TO MASTER_USER='repl', MASTER_PASSWORD='${LITERAL}'`,
  `CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = '${LITERAL}' FOR CHANNEL 'c'`,
  `START SLAVE USER='repl' PASSWORD='${LITERAL}'`,
  `START GROUP_REPLICATION USER='repl', PASSWORD='${LITERAL}'`,
  `CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'u', PASSWORD '${LITERAL}')`,
  `CREATE USER x1 IDENTIFIED VIA ed25519 USING PASSWORD('${LITERAL}') OR mysql_native_password USING '*${LITERAL}'`,
  `CLONE INSTANCE FROM 'u'@'h':3306 IDENTIFIED BY '${LITERAL}'`,
  `SELECT 1 /* password=${LITERAL} */ -- ${LITERAL}\n, 2 # ${LITERAL}`,
  `/*!50000 SET PASSWORD = '${LITERAL}' */`,
  `SELECT AES_ENCRYPT('${LITERAL}', _utf8mb4 '${LITERAL}' '${LITERAL}')`,
  `SET PASSWORD = '${LITERAL}`,
  `SET PASSWORD = "${LITERAL}`,
];

async function loginsOfEveryKind(server: Server, port: number): Promise<string[]> {
  const texts: string[] = [];
  for (const user of [...Object.keys(ACCOUNTS[server.flavor]), 's_nobody']) {
    for (const client of CLIENTS) {
      for (const password of [RIGHT, WRONG]) {
        const { client: one, how } = await AuthClient.login({ port, user, password, ...client });
        texts.push(how);
        if (how === 'in') texts.push(await one.changeUser({ user: 's_listed', password: WRONG, plugin: 'mysql_native_password' }));
        one.wire.close();
      }
    }
  }
  // The words that follow the number come to clients as well.
  for (const password of [WRONG, OTHER]) {
    const connection = createConnection({ host: '127.0.0.1', port, user: 's_native', password });
    texts.push(await connection.then(String, (error: Error) => JSON.stringify({ ...error, message: error.message, stack: '' })));
  }
  return texts;
}

async function adminAnswers(proxy: RunningPointsman): Promise<string> {
  const paths = [
    '/',
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/api/v1/status',
    '/api/v1/clusters',
    '/api/v1/failovers',
    '/api/v1/sessions',
  ];
  const texts = await Promise.all(paths.map(async (path) => await (await fetch(`${proxy.adminUrl}${path}`)).text()));
  return texts.join('\n');
}

/** A session for every statement, and one whose write is under way when its server dies: its SQL goes to the log. */
async function statementsThatAreLogged(t: Test, server: Server, proxy: RunningPointsman): Promise<void> {
  // The account may change its own password, and does.
  const client = (await AuthClient.login({ port: proxy.ports.primary, user: 's_native', password: RIGHT, plugin: 'mysql_native_password' }))
    .client;
  for (const sql of STATEMENTS) {
    const [answer] = await client.wire.command(Buffer.concat([Buffer.of(3), Buffer.from(sql)]));
    // The server words its own errors, and a syntax error repeats the text.
    t.ok(answer !== undefined, sql.slice(0, 30));
  }
  const busy = (await AuthClient.login({ port: proxy.ports.primary, user: 's_listed', password: RIGHT, plugin: 'mysql_native_password' }))
    .client;
  busy.wire.query(`INSERT INTO test1.secret_log SELECT SLEEP(20), '${LITERAL}'`);
  await until(
    'the write is under way',
    async () => (await server.sql("SELECT 1 FROM information_schema.processlist WHERE info LIKE 'INSERT%'")).length > 0,
  );
  await server.kill9();
  t.equal(errorOf(await busy.wire.frame())?.code, 9501, 'and lost');
  client.wire.close();
  busy.wire.close();
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`nothing is shown: ${flavor}`, { skip: reason ?? false }, async (t) => {
    const plugins = flavor === 'mariadb' ? await ed25519Args() : { args: [] };
    const { server, stop } = await startStandalone({ flavor, tls: true, ...('args' in plugins && { extraArgs: plugins.args }) });
    t.teardown(stop);
    const admin = await server.connect('admin');
    const accounts = Object.entries(ACCOUNTS[flavor]).filter(([name]) => 'args' in plugins || name !== 's_ed25519');
    for (const [user, how] of accounts) {
      const by = flavor === 'mysql' ? `BY '${RIGHT}'` : `USING PASSWORD('${RIGHT}')`;
      await admin.query(`CREATE USER ${user}@'%' IDENTIFIED ${how} ${by}`);
      await admin.query(`GRANT ALL ON test1.* TO ${user}@'%'`);
    }
    const native = flavor === 'mysql' ? 'WITH mysql_native_password BY' : 'BY';
    await admin.query(`CREATE USER s_monitor@'%' IDENTIFIED ${native} '${MONITOR}'`);
    await admin.query("GRANT ALL ON *.* TO s_monitor@'%'");
    await admin.query('CREATE TABLE test1.secret_log (a INT, b TEXT)');
    const [rows] = await admin.query("SELECT authentication_string AS kept FROM mysql.user WHERE user LIKE 's\\_%'");
    const kept = (rows as { kept: string }[]).map((row) => row.kept).filter((text) => text !== '');
    await admin.end();
    const proxy = await startPointsman({
      servers: [server],
      listenerTls: 'prefer',
      workers: flavor === 'mysql' ? 2 : 1,
      config: {
        log: { level: 'debug', format: 'json' },
        auth: { mode: 'auto', verifyInterval: '0s' },
        users: [{ name: 's_listed', password: RIGHT, oldPassword: OTHER }],
        clusters: { main: { monitor: { user: 's_monitor', password: MONITOR }, hold: { timeout: '1s' } } },
      },
    });
    t.teardown(() => proxy.stop());
    const texts = await loginsOfEveryKind(server, proxy.ports.primary);
    t.ok(
      texts.filter((text) => text === 'in').length > 10 && texts.filter((text) => text === '1045').length > 10,
      'some came in, some did not',
    );
    t.same(found(texts.join('\n'), kept), [], 'errors that clients get');
    t.same(found(await adminAnswers(proxy), kept), [], 'the admin interface');
    await statementsThatAreLogged(t, server, proxy);
    await until('what was lost is in the log', () => proxy.log().includes('outcome unknown'));
    await until('the log says so', () => /insert into test1\.secret_log/i.test(proxy.log()));
    t.match(proxy.log(), /insert into test1\.secret_log/i, 'the log has the statement');
    t.same(found(proxy.log(), kept), [], 'the log');
    t.same(found(await adminAnswers(proxy), kept), [], 'the admin interface, with the server gone');
    t.ok(proxy.log().length > 2000, 'there was a log to look at');
  });
}

t.test('digests hold no literals', async (t) => {
  for (const sql of STATEMENTS) {
    for (const more of [{}, { modeKnown: false }, { noBackslashEscapes: true }, { flavor: 'mysql', versionNumber: 80015 } as const]) {
      t.same(found(digest(Buffer.from(sql), { ...DEFAULT_DIALECT, ...more }).text), [], sql.slice(0, 40));
    }
  }
});

const mysqlReason = await serverUnavailable('mysql');
t.test('traces: every login and change of user, whole, from one side and from its middle', { skip: mysqlReason ?? false }, async (t) => {
  const { server, stop } = await startStandalone({ flavor: 'mysql', tls: true });
  t.teardown(stop);
  const long = `${RIGHT}-${OTHER}-${'and longer than the head of a handshake response'}`;
  const plugins = ['mysql_native_password', 'caching_sha2_password', 'sha256_password', 'mysql_clear_password'];
  for (const plugin of plugins.slice(0, 3)) await server.sql(`CREATE USER t_${plugin}@'%' IDENTIFIED WITH ${plugin} BY '${long}'`);
  for (const user of plugins.slice(0, 3)) {
    for (const plugin of plugins) {
      await server.sql('FLUSH PRIVILEGES');
      const tap = await WireTap.open(server);
      const login = { port: tap.port, user: `t_${user}`, password: long, plugin };
      const { client, how } = await AuthClient.login(login);
      t.equal(how, 'in', `${plugin} for ${user}`);
      t.match(await client.changeUser({ user: `t_${user}`, password: long, plugin }), /^(in|1045)$/);
      client.wire.close();
      const frames = (await tap.close()).map(
        ([side, hex]) => [side, Buffer.from([hex].flat().join('').replaceAll(/\s/g, ''), 'hex')] as const,
      );
      const answers = frames
        .filter(([side, bytes]) => side === 'client' && (bytes[3] ?? 0) > 2)
        .map(([, bytes]) => bytes.subarray(4).toString('hex'));
      const secret = answers.filter((answer) => answer.length > 16);
      for (let from = 0; from < frames.length; from++) {
        for (const sides of [['client', 'server'], ['client'], ['server']]) {
          const conversation = new Conversation(USUAL_CAPABILITIES, (text) => text.toString());
          const lines = frames
            .slice(from)
            .filter(([side]) => sides.includes(side))
            .flatMap(([side, bytes]) => [...conversation.lines(bytes, side)]);
          t.same(found(lines.join('\n'), [long.slice(32), ...secret]), [], `${plugin} for ${user}, from frame ${from}, ${sides}`);
        }
      }
    }
  }
});

t.test('a configuration that is wrong is complained of without its secrets', async (t) => {
  const folder = await mkdtemp('/tmp/pointsman-secrets-');
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const main = `"clusters":{"main":{"backends":["127.0.0.1:1"],"monitor":{"user":"m","password":"${MONITOR}"}}}`;
  const wrong: readonly string[] = [
    `{${main},"users":[{"name":"a","password":["${RIGHT}"]}]}`,
    `{${main},"users":[{"name":"a","passwordHash":"${RIGHT}"}]}`,
    `{${main},"users":[{"name":"a","password":"${RIGHT}","pasword":"${WRONG}"}]}`,
    `{${main},"users":[{"name":"a","password":"\${env:${'NOT_THERE'}}${RIGHT}"}]}`,
    `{${main},"users":[{"name":"a","password":"${RIGHT}}]}`,
    `{${main},"users":[{"name":"a","password":"${RIGHT}"} {"name":"b"}]}`,
    `{${main},"users":[{"name":"a","password":'${RIGHT}'}]}`,
    `{${main},"admin":{"token":{"x":"${RIGHT}"}}}`,
    `{${main},"users":{"a":"${RIGHT}"}}`,
    `{"clusters":{"main":{"backends":["mysql://u:${RIGHT}@127.0.0.1:x"]}}}`,
  ];
  for (const [index, text] of wrong.entries()) {
    const path = `${folder}/${index}.json`;
    await writeFile(path, text);
    const run = runPointsman(['check', '--config', path], path);
    t.not(await run.ended, 0, text.slice(main.length, main.length + 30));
    t.same(found(run.log()), [], run.log().replaceAll(RIGHT, '(SECRET)').slice(0, 200));
  }
});
