import { writeFileSync } from 'node:fs';
import t from 'tap';
import { run } from './run.js';

const folder = t.testdir({
  'right.json': `{ // a comment
  "clusters": { "main": { "backends": ["10.0.0.1:3306", { "name": "db2", "address": "10.0.0.2:3306" }], "monitor": { "password": "m" } } },
  "users": [{ "name": "app", "password": "hunter2" }]
}`,
  'wrong.json': `{
  "clusters": { "main": { "backends": ["10.0.0.1"] } },
  "user": []
}`,
  'broken.json': '{ "clusters": }',
});

t.test('a right configuration is summed up', async (t) => {
  const ran = await run(['check', '--config', `${folder}/right.json`]);
  t.match(ran, { code: 0, err: '' });
  for (const part of [
    /right\.json: fine\n/,
    /listener primary: 0\.0\.0\.0:6446 to the primary of cluster main, TLS prefer with a self-signed certificate\n/,
    /db2 at 10\.0\.0\.2:3306/,
    /users: app/,
    /admin: 127\.0\.0\.1:6480/,
  ]) {
    t.match(ran.out, part);
  }
  t.notMatch(ran.out, /hunter2/);
  t.match(JSON.parse((await run(['check', '--config', `${folder}/right.json`, '--json'])).out), { valid: true, problems: [] });
});

t.test('a wrong one: every mistake as file:line:column: key: message, exit code 2', async (t) => {
  const ran = await run(['check', '--config', `${folder}/wrong.json`]);
  t.match(ran, { code: 2, out: '' });
  t.same(ran.err.trimEnd().split('\n'), [
    `${folder}/wrong.json:2:40: clusters.main.backends[0].address: no port; write 10.0.0.1:3306`,
    `${folder}/wrong.json:3:3: user: unknown key (did you mean "users"?)`,
  ]);
  t.match(await run(['check', '--config', `${folder}/broken.json`]), { code: 2, err: /broken\.json:1:15: a value must stand here/ });
  t.match(await run(['check', '--config', `${folder}/none.json`]), {
    code: 2,
    err: /none\.json: the configuration file cannot be read: it does not exist/,
  });
  const json = await run(['check', '--config', `${folder}/wrong.json`, '--json']);
  t.equal(json.code, 2);
  t.match(JSON.parse(json.out), {
    valid: false,
    problems: [{ line: 2, column: 40, key: 'clusters.main.backends[0].address' }, { key: 'user' }],
  });
});

t.test('warnings', async (t) => {
  writeFileSync(`${folder}/warn.json`, '{ "auth": { "mode": "configured" }, "clusters": { "main": { "backends": ["10.0.0.1:1"] } } }');
  t.match(await run(['check', '--config', `${folder}/warn.json`]), {
    code: 0,
    out: /fine, with 2 warnings/,
    err: /warning: users: there are none/,
  });
});

t.test('without a file', async (t) => {
  t.match(await run(['check', '--primary', 'mysql://app:hunter2@db1', '--replica', 'db2:3306', '--replica=db3:3306']), {
    code: 0,
    out: /the given servers: fine[\s\S]*db1:3306\n {4}db2:3306\n {4}db3:3306/,
  });
  t.match(await run(['check'], { POINTSMAN_PRIMARY: 'mysql://app:hunter2@db1:x' }), {
    code: 2,
    err: /^POINTSMAN_PRIMARY: the port must be a number/,
  });
});

t.test('start refuses the same way', async (t) => {
  t.match(await run(['start', '--config', `${folder}/wrong.json`]), { code: 2, err: /wrong\.json:2:40: / });
});
