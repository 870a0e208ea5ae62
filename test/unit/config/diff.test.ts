import fc from 'fast-check';
import t from 'tap';
import { applicable } from '../../../src/config/applicable.js';
import { configChanges } from '../../../src/config/diff.js';
import { load } from './load.js';

/** A file with these members over one cluster `main` of two servers. */
function file(more: object = {}, cluster: object = {}): string {
  const backends = ['10.0.0.1:3306', { name: 'db2', address: '10.0.0.2:3306' }];
  return JSON.stringify({ clusters: { main: { backends, ...cluster } }, ...more });
}

function changes(before: string, after: string) {
  return configChanges(load(before), load(after));
}

t.test('the same says nothing, also written otherwise', async (t) => {
  t.same(changes(file(), file()), []);
  t.same(changes(file(), file({ drain: { timeout: '25s' }, limits: {} })), []);
});

t.test('each changed key by its path, as it could be written', async (t) => {
  const before = file({ limits: { clients: 5 } });
  const after = file({ limits: { clients: 7, maxRerunSize: '2MiB' } }, { hold: { timeout: '3s' }, failover: { catchUpTimeout: '1m' } });
  t.same(changes(before, after), [
    { key: 'clusters.main.failover.catchUpTimeout', change: 'changed', old: '30000ms', new: '60000ms', reloadable: true },
    { key: 'clusters.main.hold.timeout', change: 'changed', old: '10000ms', new: '3000ms', reloadable: true },
    { key: 'limits.clients', change: 'changed', old: 5, new: 7, reloadable: true },
    { key: 'limits.maxRerunSize', change: 'changed', old: '1048576B', new: '2097152B', reloadable: true },
  ]);
});

t.test('elements of lists by their names, and their order where it matters', async (t) => {
  const three = { backends: ['10.0.0.3:3306', { name: 'db2', address: '10.0.0.2:3306', weight: 50 }, '10.0.0.1:3306'] };
  t.match(changes(file(), file({}, three)), [
    { key: 'clusters.main.backends[db2].weight', change: 'changed', old: 100, new: 50, reloadable: true },
    { key: 'clusters.main.backends[10.0.0.3:3306]', change: 'added', old: null, new: { address: '10.0.0.3:3306', weight: 100 } },
    { key: 'clusters.main.backends', change: 'order', reloadable: true },
  ]);
  t.match(changes(file({}, three), file()), [{}, {}, {}]);
  const rule = (name: string, pattern: string) => ({ name, match: { pattern }, action: { deny: 'no' } });
  const rules = (...list: object[]) => file({ rules: list });
  t.match(changes(rules(rule('a', '^x'), rule('b', '^y')), rules(rule('b', '^y'), rule('a', '^z'))), [
    { key: 'rules[a].match.pattern', old: '^x', new: '^z', reloadable: true },
    { key: 'rules', change: 'order', old: ['a', 'b'], new: ['b', 'a'] },
  ]);
});

t.test('secrets are never shown, also not inside of something new', async (t) => {
  const before = file({ users: [{ name: 'app', password: 'first-secret' }], admin: { token: 'old-token-secret' } });
  const after = file(
    {
      users: [
        { name: 'app', password: 'second-secret' },
        { name: 'bi', password: 'third-secret' },
      ],
      admin: { token: 'new-token-secret' },
    },
    { monitor: { password: 'monitor-secret' } },
  );
  const found = changes(before, after);
  t.notMatch(JSON.stringify(found), /secret/);
  t.match(found, [
    { key: 'clusters.main.monitor.password', old: '***', new: '***' },
    { key: 'users[app].password', old: '***', new: '***', reloadable: true },
    { key: 'users[bi]', new: { name: 'bi', password: '***' } },
    { key: 'admin.token', old: '***', new: '***' },
  ]);
});

t.test('what cannot change while the process lives stays, the rest is taken', async (t) => {
  const before = load(file({ process: { workers: 1 } }));
  const after = load(
    file(
      {
        process: { workers: 4 },
        log: { level: 'debug', format: 'pretty' },
        admin: { address: '127.0.0.1:7000' },
        auth: { verifyInterval: '1s' },
      },
      { backends: ['10.0.0.1:3306', '10.0.0.9:3306'], topology: 'replication', replicas: { maxLag: '3s' } },
    ),
  );
  const merged = applicable(before, after);
  t.match(merged, { process: { workers: 1 }, log: { level: 'debug', format: undefined }, admin: { address: { port: 6480 } } });
  t.match(merged.clusters[0], { name: 'main', topology: 'auto', replicas: { maxLagMs: 3000 } });
  t.same(
    merged.clusters[0]?.backends.map(({ name }) => name),
    ['10.0.0.1:3306', '10.0.0.9:3306'],
  );
  t.ok(
    configChanges(before, merged).every(({ reloadable }) => reloadable),
    'what is taken is reloadable',
  );
  const left = configChanges(merged, after);
  t.same(
    left.map(({ key, reloadable }) => [key, reloadable]),
    [
      ['clusters.main.topology', false],
      ['admin.address', false],
      ['log.format', false],
      ['process.workers', false],
    ],
  );
});

t.test('listeners and clusters neither come nor go', async (t) => {
  const listener = (name: string, port: number, certFile?: string) => ({
    name,
    address: `127.0.0.1:${port}`,
    cluster: 'main',
    route: 'split',
    ...(certFile && { tls: { certFile } }),
  });
  const one = { backends: ['10.0.0.1:3306'] };
  const before = load(JSON.stringify({ clusters: { main: one }, listeners: [listener('a', 1000), listener('b', 1001)] }));
  const after = load(
    JSON.stringify({
      clusters: { main: one, other: { backends: ['10.0.0.7:3306'] } },
      listeners: [listener('b', 1002), listener('c', 1003)],
    }),
  );
  const merged = applicable(before, after);
  t.same(merged, before);
  t.same(
    configChanges(before, after).map(({ key, change, reloadable }) => [key, change, reloadable]),
    [
      ['listeners[a]', 'removed', false],
      ['listeners[b].address', 'changed', false],
      ['listeners[c]', 'added', false],
      ['clusters.other', 'added', false],
    ],
  );
});

t.test('for any two configurations: taking twice is taking once, and nothing is left but what needs a restart', async (t) => {
  const backend = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    port: fc.integer({ min: 1, max: 9 }),
    weight: fc.integer({ min: 0, max: 3 }),
  });
  const any = fc.record({
    backends: fc.uniqueArray(backend, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
    interval: fc.constantFrom('500ms', '1s'),
    mode: fc.constantFrom('off', 'prefer'),
    users: fc.uniqueArray(fc.constantFrom('u1', 'u2', 'u3')),
    workers: fc.integer({ min: 1, max: 3 }),
    level: fc.constantFrom('info', 'debug'),
  });
  const text = ({
    backends,
    interval,
    mode,
    users,
    workers,
    level,
  }: {
    backends: { name: string; port: number; weight: number }[];
    interval: string;
    mode: string;
    users: string[];
    workers: number;
    level: string;
  }) =>
    JSON.stringify({
      clusters: {
        main: {
          backends: backends.map(({ name, port, weight }, n) => ({ name, address: `10.0.${n}.1:${port}`, weight })),
          monitor: { interval },
          tls: { mode },
        },
      },
      users: users.map((name) => ({ name })),
      process: { workers },
      log: { level },
    });
  fc.assert(
    fc.property(any, any, (one, other) => {
      const before = load(text(one));
      const after = load(text(other));
      const merged = applicable(before, after);
      const isEmpty = configChanges(merged, applicable(merged, after)).length === 0;
      const noneReloadable = configChanges(merged, after).every(({ reloadable }) => !reloadable);
      return isEmpty && noneReloadable && configChanges(before, merged).every(({ reloadable }) => reloadable);
    }),
    { numRuns: 200 },
  );
  t.pass('200 pairs');
});
