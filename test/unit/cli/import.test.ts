import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { run } from './run.js';

const FOLDER = join(import.meta.dirname, '../../../../test/unit/cli/proxysql');

interface Document {
  listeners?: { name: string; address: string }[];
  clusters: Record<string, { backends: unknown[]; monitor: object; replicas?: object; tls?: object }>;
  users?: object[];
  rules?: { name: string; match: object; action: object; continue?: boolean }[];
  limits?: object;
}

function documentOf(out: string): Document {
  return JSON.parse(out.replaceAll(/^\/\/.*$/gm, '')) as Document;
}

t.test('proxysql.cnf', async (t) => {
  const { code, out, err } = await run(['import', join(FOLDER, 'proxysql.cnf')]);
  t.equal(code, 0, err);
  const { listeners, clusters, users, rules, limits } = documentOf(out);
  t.match(listeners, [{ address: '0.0.0.0:6033' }, { address: 'unix:/tmp/proxysql.sock' }]);
  t.same(Object.keys(clusters), ['main']);
  t.same(clusters['main'], {
    backends: [{ address: '10.0.0.1:3306', maxConnections: 200 }, { address: '10.0.0.2:3306', weight: 500 }, '10.0.0.3:3306'],
    replicas: { maxLag: '8s' },
    monitor: { user: 'monitor', password: 'mon"itor', interval: '1500ms' },
  });
  t.same(users, [
    { name: 'shop', password: 's3cret', maxConnections: 1000 },
    { name: 'bi', passwordHash: '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19', route: 'replica' },
  ]);
  t.same(rules, [
    { name: 'slow-orders', match: { user: 'bi', pattern: 'FROM orders' }, action: { timeout: '2000ms' }, continue: true },
    { name: 'rule-4', match: { pattern: '^DELETE FROM audit' }, action: { deny: 'never' } },
    { name: 'rule-5', match: { client: '10.1.0.0/16', pattern: 'FROM (\\w+)_old' }, action: { rewrite: 'FROM $1' } },
    { name: 'rule-7', match: { database: 'dw', listener: 'split' }, action: { route: 'replica' } },
  ]);
  t.same(limits, { clients: 2048 });
  for (const note of [
    /10\.0\.0\.4:3306 was OFFLINE_HARD/,
    /10\.0\.0\.3:3306 was OFFLINE_SOFT/,
    /user old was not active/,
    /rule 1 \(\^SELECT\.\*FOR UPDATE\$\) is not needed/,
    /rule 2 .* is not needed/,
    /rule 3: cache_ttl/,
    /rule 6 is not active/,
    /scheduler: no scripts/,
    /variables without an equivalent.*mysql-poll_timeout/,
  ]) {
    t.match(err, note);
    t.match(out, note, 'also at the head of the file');
  }
});

t.test('a dump of the admin tables', async (t) => {
  const { code, out } = await run(['import', '-'], {}, readFileSync(join(FOLDER, 'dump.sql'), 'utf8'));
  t.equal(code, 0);
  const { clusters, users, rules } = documentOf(out);
  t.match(clusters, {
    main: { backends: ['db-a:3306', 'db-b:3306'], tls: { mode: 'require' }, monitor: { user: 'monitor' } },
  });
  t.same(users, [{ name: 'app', password: "pa'ss", route: 'primary' }]);
  t.same(rules, [{ name: 'big-reads', match: { user: 'app', pattern: '^SELECT \\* FROM big' }, action: { route: 'replica', log: true } }]);
});

t.test('what comes out is a configuration that check takes', async (t) => {
  for (const file of ['proxysql.cnf', 'dump.sql']) {
    const { out } = await run(['import', join(FOLDER, file)]);
    const path = join(t.testdir(), 'pointsman.json');
    writeFileSync(path, out);
    t.match(await run(['check', '--config', path]), { code: 0 }, file);
  }
});

t.test('what cannot be read is said with its line', async (t) => {
  const cnf = (text: string): string => {
    const path = join(t.testdir(), 'p.cnf');
    writeFileSync(path, text);
    return path;
  };
  t.match(await run(['import', cnf('mysql_servers = (\n { address="a" \n')]), { code: 1, err: /missing at the end/ });
  t.match(await run(['import', cnf('a = 1\n%')]), { code: 1, err: /line 2: "%"/ });
  t.match(await run(['import', cnf('a = 1\nmysql_servers = (\n { address "a" }\n)')]), { code: 1, err: /line 3: = was expected/ });
  t.match(await run(['import', cnf('datadir="/x"')]), { code: 1, err: /holds no mysql_servers/ });
  t.match(await run(['import', cnf("INSERT INTO mysql_servers VALUES (1,'a'")]), { code: 1, err: /line 1: a value was expected/ });
  t.match(await run(['import', '/nowhere/p.cnf']), { code: 1, err: /cannot be read/ });
  t.match(await run(['import']), { code: 2, err: /give one file/ });
});
