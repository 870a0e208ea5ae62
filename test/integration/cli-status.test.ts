import t from 'tap';
import { openAdmin } from '../../src/admin/admin-server.js';
import { context } from '../unit/admin/fake-source.js';
import { run } from '../unit/cli/run.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const TOKEN = 'a-token-of-an-operator';

t.test('a table for people, JSON for programs', async (t) => {
  const server = await openAdmin({ address: LOOPBACK, metricsAddress: undefined, token: undefined, tokens: [] }, context());
  t.teardown(() => server.close());
  for (const url of [`http://${server.address}`, server.address, `http://${server.address}/`]) {
    const ran = await run(['status', '--admin', url]);
    t.match(ran, { code: 0, err: '' }, url);
    t.match(ran.out, /^Pointsman 0\.1\.0, running, up \d+ s/);
    t.match(ran.out, /clients: 1 active, 2 idle, 0 held/);
    t.match(ran.out, /cluster main: primary db1/);
    t.match(ran.out, /db1 \(10\.0\.0\.1:3306\) +online +primary/);
    t.match(ran.out, /db2 \(\[::1\]:3307\) +down +none +1\.5 s/);
    t.match(ran.out, /last failover: promotion/);
  }
  t.match(JSON.parse((await run(['status', '--admin', server.address, '--json'])).out), { clusters: [{ name: 'main' }] });
});

t.test('explain', async (t) => {
  const server = await openAdmin({ address: LOOPBACK, metricsAddress: undefined, token: undefined, tokens: [] }, context());
  t.teardown(() => server.close());
  const explained = await run(['explain', 'SELECT * FROM orders', '--user', 'bi', '--admin', server.address]);
  t.match(explained, { code: 0, err: '' });
  for (const line of [/^statement +SELECT \?$/m, /^facts +read, a pure read$/m, /^rule +reports: route replica$/m, /^timeout +2000 ms$/m])
    t.match(explained.out, line);
  t.match(explained.out, /^route +replica of cluster main, by rule reports \(listener split\)$/m);
  t.match(explained.out, /^not +db2 takes no reads: lag 3\.2 s > 2 s$/m);
  t.match((await run(['explain', 'SELECT * FROM secret', '--admin', server.address])).out, /^DENIED +by rule secrets: not for you/m);
  t.match(JSON.parse((await run(['explain', 'SELECT 1', '--json', '--admin', server.address])).out), { sql: 'SELECT 1', target: 'db1' });
  t.match(await run(['explain', '--admin', server.address]), { code: 2, err: /one statement, in quotes/ });
  t.match(await run(['explain', 'SELECT 1', '--listener', 'nowhere', '--admin', server.address]), {
    code: 1,
    err: /no listener "nowhere"/,
  });
});

t.test('tokens: from the environment, or from the configuration even where its other secrets are missing', async (t) => {
  const server = await openAdmin({ address: LOOPBACK, metricsAddress: undefined, token: TOKEN, tokens: [] }, context());
  t.teardown(() => server.close());
  t.match(await run(['status', '--admin', server.address]), { code: 1, err: /refused: it wants a token; set POINTSMAN_ADMIN_TOKEN/ });
  t.match(await run(['status', '--admin', server.address], { POINTSMAN_ADMIN_TOKEN: 'wrong' }), {
    code: 1,
    err: /does not know the token/,
  });
  t.equal((await run(['status', '--admin', server.address], { POINTSMAN_ADMIN_TOKEN: TOKEN })).code, 0);
  const folder = t.testdir({
    'p.json': `{ "clusters": { "m": { "backends": ["a:1"], "monitor": { "password": "\${env:NOT_SET_HERE}" } } },
      "admin": { "address": "${server.address.replace('127.0.0.1', '0.0.0.0')}", "token": "\${env:T}" } }`,
  });
  t.equal((await run(['status', '--config', `${folder}/p.json`], { T: TOKEN })).code, 0);
  t.equal((await run(['status'], { T: TOKEN, POINTSMAN_CONFIG: `${folder}/p.json` })).code, 0);
  t.match(await run(['status', '--config', `${folder}/p.json`]), {
    code: 2,
    err: /p\.json:2:\d+: admin: the environment variable T is not set/,
  });
});

t.test('a unix socket', async (t) => {
  const path = `${t.testdir({})}/a.sock`;
  const server = await openAdmin(
    { address: { host: '', port: 0, path }, metricsAddress: undefined, token: undefined, tokens: [] },
    context(),
  );
  t.teardown(() => server.close());
  t.equal((await run(['status', '--admin', `unix:${path}`])).code, 0);
});

t.test('nobody there, or somebody else', async (t) => {
  t.match(await run(['status', '--admin', '127.0.0.1:1']), {
    code: 1,
    err: /no Pointsman answers at http:\/\/127\.0\.0\.1:1: nothing listens there/,
  });
  const { createServer } = await import('node:http');
  const other = createServer((_request, response) => response.end('<html>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  t.match(await run(['status', '--admin', `127.0.0.1:${port}`]), { code: 1, err: /did not answer as a Pointsman does/ });
});
