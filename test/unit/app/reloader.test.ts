import t from 'tap';
import { Reloader, ReloadRefused } from '../../../src/app/reloader.js';
import type { Config } from '../../../src/config/config.js';
import { loadConfigText } from '../../../src/config/load-config.js';

const FILE = '/etc/pointsman/test.json';

function textOf(more: object = {}, backends: readonly string[] = ['10.0.0.1:3306', '10.0.0.2:3306']): string {
  return JSON.stringify({ clusters: { main: { backends } }, ...more }, null, 1);
}

function setUp() {
  let text = textOf();
  let reads = 0;
  let primary: string | undefined = '10.0.0.1:3306';
  let successor: string | undefined;
  let refuse: string | undefined;
  const applied: Config[] = [];
  const lines: { level: string; fields: object; message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const load = () => {
    reads += 1;
    return { ...loadConfigText(text, FILE, {}), file: FILE };
  };
  const reloader = new Reloader({
    load,
    config: load().config,
    file: FILE,
    primaries: () => new Map([['main', primary]]),
    successors: () => new Map([['main', successor]]),
    async apply(config) {
      await new Promise((resolve) => setImmediate(resolve));
      if (refuse !== undefined) throw new Error(refuse);
      applied.push(config);
    },
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
  });
  reads = 0;
  return {
    reloader,
    applied,
    lines,
    write: (next: string) => (text = next),
    successorIs: (name: string | undefined) => (successor = name),
    primaryIs: (name: string | undefined) => (primary = name),
    refuse: (why: string | undefined) => (refuse = why),
    reads: () => reads,
  };
}

t.test('what has changed is applied once, and told', async (t) => {
  const { reloader, applied, lines, write } = setUp();
  t.match(await reloader.reload('test'), { version: 1, applied: [] });
  t.equal(applied.length, 0, 'nothing changed, nothing is touched');
  write(textOf({ limits: { clients: 3 }, process: { workers: 3 } }));
  const report = await reloader.reload('test');
  t.match(report, { version: 2, applied: [{ key: 'limits.clients' }], needRestart: [{ key: 'process.workers' }] });
  t.match(applied, [{ limits: { clients: 3 }, process: { workers: 'auto' } }]);
  t.match(lines.at(-1), {
    level: 'info',
    message: 'configuration reloaded: 1 key has changed; process.workers will only at a restart or an upgrade',
  });
  t.match(reloader.unapplied(), { changes: [{ key: 'process.workers', reloadable: false }], problem: null });
  t.match(reloader.counts, { applied: 2, refused: 0, lastSucceeded: true });
});

t.test('a wrong file changes nothing and is told with its place', async (t) => {
  const { reloader, applied, write, lines } = setUp();
  write('{\n "clusters": { "main": { "backends": ["10.0.0.1:3306"], "hold": { "timeout": "10" } } }\n}');
  await t.rejects(reloader.reload('test'), {
    code: 'PM_CONFIG_RELOAD',
    message: /^\/etc\/pointsman\/test\.json:2:\d+: clusters\.main\.hold\.timeout: a duration is/,
  });
  write('{ not json');
  await t.rejects(reloader.reload('test'), ReloadRefused);
  t.equal(applied.length, 0);
  t.match(reloader.counts, { applied: 0, refused: 2, lastSucceeded: false });
  t.equal(lines.filter(({ level }) => level === 'error').length, 2);
  t.match(reloader.unapplied(), { changes: [], problem: /test\.json:1:/ });
  write(textOf());
  await reloader.reload('test');
  t.match(reloader.counts, { lastSucceeded: true });
});

t.test('a process that cannot use it: nothing is in force, and the next reload tries again', async (t) => {
  const { reloader, refuse, write, applied } = setUp();
  write(textOf({ limits: { clients: 3 } }));
  refuse('/tls/key.pem cannot be used');
  await t.rejects(reloader.reload('test'), { message: `${FILE}: /tls/key.pem cannot be used` });
  t.equal(reloader.version, 1);
  refuse(undefined);
  t.match(await reloader.reload('test'), { version: 2, applied: [{ key: 'limits.clients' }] });
  t.equal(applied.length, 1);
});

t.test('the primary is not taken out', async (t) => {
  const { reloader, write, primaryIs } = setUp();
  write(textOf({}, ['10.0.0.2:3306']));
  await t.rejects(reloader.reload('test'), { message: /clusters\.main\.backends: 10\.0\.0\.1:3306 is the primary now/ });
  primaryIs('10.0.0.2:3306');
  t.match(await reloader.reload('test'), { applied: [{ key: 'clusters.main.backends[10.0.0.1:3306]', change: 'removed' }] });
});

t.test('who is about to become the primary is not taken out', async (t) => {
  const { reloader, write, successorIs, applied } = setUp();
  write(textOf({}, ['10.0.0.1:3306']));
  successorIs('10.0.0.2:3306');
  await t.rejects(reloader.reload('test'), {
    message: /10\.0\.0\.2:3306 is about to become the primary.*reload again after the switchover/,
  });
  t.same(applied, []);
  successorIs(undefined);
  t.match(await reloader.reload('test'), { applied: [{ key: 'clusters.main.backends[10.0.0.2:3306]', change: 'removed' }] });
});

t.test('what only fits with a key that needs a restart is refused', async (t) => {
  const { reloader, write } = setUp();
  const clusters = { main: { backends: ['10.0.0.1:3306', '10.0.0.2:3306'] }, other: { backends: ['10.0.0.3:3306'] } };
  const listeners = [{ name: 'a', address: '127.0.0.1:7000', cluster: 'main', route: 'split' }];
  write(JSON.stringify({ clusters, listeners, users: [{ name: 'app', cluster: 'other' }] }));
  await t.rejects(reloader.reload('test'), { message: /users\[0\]\.cluster.*as long as the keys that need a restart are as they were/s });
});

t.test('a dry run changes nothing', async (t) => {
  const { reloader, write, applied } = setUp();
  write(textOf({ limits: { clients: 3 } }));
  t.match(await reloader.reload('test', true), { dryRun: true, version: 1, applied: [{ key: 'limits.clients' }] });
  t.equal(applied.length, 0);
  t.match(reloader.counts, { applied: 0 });
});

t.test('twenty at once are two: the one under way, and one for all that came meanwhile', async (t) => {
  const { reloader, write, reads, applied } = setUp();
  write(textOf({ limits: { clients: 3 } }));
  const first = reloader.reload('test');
  await new Promise((resolve) => setTimeout(resolve));
  write(textOf({ limits: { clients: 4 } }));
  const reports = await Promise.all(Array.from({ length: 20 }, () => reloader.reload('test')));
  await first;
  t.ok(reads() <= 2, `${reads()} reads`);
  t.equal(applied.at(-1)?.limits.clients, 4);
  t.ok(reports.every(({ version }) => version === reports[0]?.version));
});
