import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { loadConfigFile, loadConfigText } from '../../../src/config/load-config.js';
import { errorsOf, load, minimal, warningsOf } from './load.js';

t.test('only clusters is required, everything else has the defaults of DESIGN 4.3', async (t) => {
  const config = load('{ "clusters": { "main": { "backends": ["10.0.0.1:3306", { "name": "db2", "address": "[::1]:3306" }] } } }');
  t.match(config.listeners, [
    { name: 'split', address: { host: '0.0.0.0', port: 6450 }, cluster: 'main', route: 'split', tls: { mode: 'prefer' } },
    { name: 'primary', address: { host: '0.0.0.0', port: 6446 }, cluster: 'main', route: 'primary', tls: { mode: 'prefer' } },
    { name: 'replica', address: { host: '0.0.0.0', port: 6447 }, cluster: 'main', route: 'replica', tls: { mode: 'prefer' } },
  ]);
  t.match(config.clusters, [
    {
      name: 'main',
      topology: 'auto',
      backends: [
        { name: '10.0.0.1:3306', address: { host: '10.0.0.1', port: 3306 }, weight: 100, priority: 100, neverPromote: false },
        { name: 'db2', address: { host: '::1', port: 3306 } },
      ],
      tls: { mode: 'mirror' },
      monitor: { intervalMs: 500, timeoutMs: 500, downAfter: 2, upAfter: 2 },
      replicas: { maxLagMs: 10_000 },
      failover: { mode: 'follow', catchUpTimeoutMs: 30_000, rejoin: true },
      hold: { timeoutMs: 10_000, maxStatements: 10_000, maxBytes: 64 * 2 ** 20, drainPerSecond: 2000 },
      pool: { connectTimeoutMs: 2000 },
    },
  ]);
  t.match(config, {
    auth: { mode: 'auto', verifyIntervalMs: 60_000 },
    users: [],
    limits: { clients: 10_000, clientsPerAddress: 1000, handshakeTimeoutMs: 10_000, maxRerunSizeBytes: 2 ** 20 },
    drain: { acceptForMs: 5000, timeoutMs: 25_000 },
    admin: { address: { host: '127.0.0.1', port: 6480 }, tokens: [] },
    log: { level: 'info', sql: 'redacted' },
    process: { workers: 'auto' },
  });
  t.equal(config.serverVersion, undefined);
  t.equal(config.clusters[0]?.backends[0]?.maxConnections, undefined);
});

t.test('the committed example is right, and so is its schema for editors', async (t) => {
  const file = fileURLToPath(new URL('../../../../config/pointsman.json', import.meta.url));
  const { config, warnings } = loadConfigFile(file, { POINTSMAN_MONITOR_PASSWORD: 'm', APP_PASSWORD: 'a' });
  t.same(warnings, []);
  t.equal(config.listeners.length, 3);
  const schema = JSON.parse(readFileSync(file.replace('.json', '.schema.json'), 'utf8'));
  t.equal(schema.additionalProperties, false);
  t.same(schema.required, ['clusters']);
});

t.test('commented lines of the example are right too', async (t) => {
  const file = fileURLToPath(new URL('../../../../config/pointsman.json', import.meta.url));
  const text = readFileSync(file, 'utf8');
  // A line that is commented out is "// " and then a key; an explanation is not.
  const all = text
    .replace(/^(\s*)\/\/ (".*)$/gm, '$1$2')
    .replace(/(["\d\]}])( \/\/ [^\n]*)?\n(\s*)"/g, '$1,$2\n$3"')
    .replace(/,,/g, ',');
  const { problems } = await Promise.resolve()
    .then(() =>
      loadConfigText(all, file, {
        POINTSMAN_MONITOR_PASSWORD: 'm',
        APP_PASSWORD: 'a',
        POINTSMAN_REPLICATION_PASSWORD: 'r',
        POINTSMAN_ADMIN_TOKEN: 't'.repeat(20),
        OTLP_TOKEN: 'o',
      }),
    )
    .catch((error) => error);
  const files = (problems as { message: string }[]).filter(({ message }) => !/cannot be read/.test(message));
  t.same(files, [], 'nothing is wrong but that the files are not there');
});

t.test('several mistakes at once, each with its place', async (t) => {
  const text = `{
  "clusters": { "main": { "backends": ["10.0.0.1:3306", "10.0.0.2"], "montor": {} } },
  "users": [{ "name": "app" }, { "nam": "x" }],
  "limits": { "clients": "many" },
  "cache": {}
}`;
  t.match(errorsOf(text), [
    /^p\.json:2:57: clusters\.main\.backends\[1\]: .*no port|^p\.json:2:57: clusters\.main\.backends\[1\]\.address: no port; write 10\.0\.0\.2:3306$/,
    /^p\.json:2:70: clusters\.main\.montor: unknown key \(did you mean "monitor"\?\)$/,
    /^p\.json:3:32: users\[1\]\.name: missing; Account name\.$/,
    /^p\.json:3:34: users\[1\]\.nam: unknown key \(did you mean "name"\?\)$/,
    /^p\.json:4:26: limits\.clients: a whole number from 1 to 1000000 is expected here, not text; write it without quotes$/,
    /^p\.json:5:3: cache: unknown key$/,
  ]);
});

t.test('keys of later issues are unknown, never silently ignored', async (t) => {
  const cluster = (key: string) => `{ "clusters": { "main": { "backends": ["a:1"], ${key} } } }`;
  for (const text of [minimal('"cache": {}'), cluster('"pool": { "mode": "session" }')]) {
    t.match(errorsOf(text), [/unknown key|is not known here/], text);
  }
});

t.test('wrong types are named', async (t) => {
  t.match(errorsOf('[]'), [/^p\.json:1:1: an object \{…\} is expected here, not a list/]);
  t.match(errorsOf('{}'), [/^p\.json:1:1: clusters: missing/]);
  t.match(errorsOf('{ "clusters": {} }'), [/clusters: at least one cluster is needed/]);
  t.match(errorsOf('{ "clusters": { "a b": { "backends": ["a:1"] } } }'), [/a name has only letters/]);
  t.match(errorsOf('{ "clusters": { "main": { "backends": [] } } }'), [/backends: at least one backend is needed/]);
  t.match(errorsOf('{ "clusters": { "main": { "backends": "a:1" } } }'), [/a list \[…\] of backends is expected here, not text/]);
  t.match(errorsOf('{ "clusters": { "main": { "backends": [5] } } }'), [/backends\[0\]: an object/]);
  t.match(errorsOf(minimal('"log": { "level": null }')), [/log\.level: one of .* is expected here, not null/]);
  t.match(errorsOf(minimal('"log": { "level": "warning" }')), [/"warning" is not known here \(did you mean "warn"\?\)/]);
  t.match(errorsOf(minimal('"process": { "workers": 0 }')), [/from 1 to 128/]);
  t.match(errorsOf(minimal('"process": { "workers": "four" }')), [/"auto" or a whole number/]);
  t.match(errorsOf(minimal('"limits": { "clients": 1.5 }')), [/must be whole/]);
  t.match(errorsOf(minimal('"users": [{ "name": "" }]')), [/the text is empty/]);
  t.match(errorsOf(minimal('"__proto__": 1')), [/__proto__: unknown key/]);
  t.match(errorsOf(minimal('"toString": 1')), [/toString: unknown key/]);
});

t.test('passwords never appear in messages', async (t) => {
  for (const text of [
    minimal('"users": [{ "name": "app", "password": ["hunter2"] }]'),
    minimal('"users": [{ "name": "app", "password": {"hunter2": 1} }]'),
    minimal('"admin": { "token": "hunter2 x" }'),
    minimal('"admin": { "token": "hunter2", "tokens": [{ "name": "a", "role": "viewer", "token": "hunter2" }] }'),
    '{ "users": [{ "name": "app", "password": "hunter2" "x" }] }',
  ]) {
    const errors = errorsOf(text);
    t.not(errors.length, 0, text);
    t.notMatch(errors.join('\n'), /hunter2/, text);
  }
});

t.test('accounts: what is missing or no password depends on who knows it', async (t) => {
  const users = (mode: string, user: string) => errorsOf(minimal(`"auth": { "mode": "${mode}" }, "users": [{ "name": "app"${user} }]`));
  t.same(users('auto', ''), []);
  t.match(users('configured', ''), [/users\[0\]\.password: missing/]);
  t.same(users('configured', ', "password": ""'), []);
  const hashes = [`*${'0A'.repeat(20)}`, `$A$005$${'x'.repeat(63)}`, `$5$${'x'.repeat(20)}$${'y'.repeat(43)}`];
  for (const hash of hashes) t.same(users('configured', `, "passwordHash": "${hash}"`), [], hash);
  t.match(users('auto', ', "passwordHash": "secret"'), [/users\[0\]\.passwordHash: no hash of a server/]);
  t.match(users('auto', ', "oldPassword": "x"'), [/users\[0\]\.oldPassword: without a password/]);
});

t.test('warnings do not stop anybody', async (t) => {
  t.match(warningsOf('{ "auth": { "mode": "configured" }, "clusters": { "main": { "backends": ["a:1"] } } }'), [
    /^p\.json:1:1: warning: users: there are none, so nobody can log in/,
    /clusters\.main\.monitor\.password: the account "pointsman" has no password here/,
  ]);
});

t.test('a file that cannot be read', async (t) => {
  t.throws(() => loadConfigFile('/no/such/file.json', {}), {
    message: /^\/no\/such\/file\.json: the configuration file cannot be read: it does not exist; name another with --config FILE$/,
  });
});
