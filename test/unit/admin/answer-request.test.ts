import t from 'tap';
import { ask, TOKENS } from './ask.js';
import { context } from './fake-source.js';

t.test('health, readiness and metrics never need a token and are on the metrics address', async (t) => {
  for (const openOnly of [false, true]) {
    for (const path of ['/healthz', '/metrics'])
      t.equal((await ask(path, { access: TOKENS(), openOnly, host: 'any.example' })).status, 200, path);
    t.equal((await ask('/readyz', { access: TOKENS(), openOnly })).status, 503);
  }
  t.equal((await ask('/readyz?role=boss')).status, 400);
  t.match((await ask('/metrics')).headers['content-type'], /version=0\.0\.4/);
});

t.test('the metrics address has nothing else', async (t) => {
  for (const path of ['/', '/api/v1/status', '/openapi.json']) t.equal((await ask(path, { openOnly: true })).status, 404, path);
});

t.test('tokens', async (t) => {
  const status = '/api/v1/status';
  const none = await ask(status, { access: TOKENS() });
  t.equal(none.status, 401);
  t.match(none.headers['www-authenticate'], /^Bearer/);
  for (const authorization of [
    'Bearer wrong',
    'Basic viewer-secret',
    'Bearer',
    'viewer-secret',
    'Bearer viewer-secre',
    'Bearer viewer-secret1',
  ]) {
    t.equal((await ask(status, { access: TOKENS(), authorization })).status, 401, authorization);
  }
  t.equal((await ask(status, { access: TOKENS(), authorization: 'Bearer viewer-secret' })).status, 200);
  t.equal((await ask(status, { access: TOKENS(), authorization: 'bearer operator-secret' })).status, 200);
  t.equal((await ask('/openapi.json', { access: TOKENS() })).status, 200);
  t.equal((await ask('/', { access: TOKENS() })).status, 200);
});

t.test('without a token only local names are answered, against DNS rebinding', async (t) => {
  for (const host of ['localhost:6480', '127.0.0.1', '[::1]:6480', '10.1.2.3:6480'])
    t.equal((await ask('/api/v1/status', { host })).status, 200, host);
  t.equal((await ask('/api/v1/status', { host: 'evil.example' })).status, 403);
});

t.test('status', async (t) => {
  t.match((await ask('/api/v1/status')).json(), {
    version: '0.1.0',
    uptimeSeconds: 5,
    state: 'running',
    clients: { active: 1, idle: 2, held: 0 },
    clusters: [
      {
        name: 'main',
        primary: 'db1',
        backends: [
          { name: 'db1', address: '10.0.0.1:3306', version: '8.0.34', connections: 3, lagMs: null, lastError: null },
          { name: 'db2', address: '[::1]:3307', version: null, connections: 0, lagMs: 1500, lastError: 'ECONNREFUSED' },
        ],
      },
    ],
    lastFailover: { id: 'main-2', lost: '12345678901234567890' },
  });
  t.match((await ask('/api/v1/clusters')).json(), { clusters: [{ name: 'main' }] });
  t.match((await ask('/api/v1/failovers')).json(), { failovers: [{ id: 'main-2' }] });
});

t.test('sessions only where the source lists them', async (t) => {
  t.equal((await ask('/api/v1/sessions')).status, 404);
  t.notOk((await ask('/openapi.json')).json().paths['/api/v1/sessions']);
  const reply = await ask('/api/v1/sessions', { in: context({ sessions: async () => [{ id: 1 }] }) });
  t.same(reply.json(), { sessions: [{ id: 1 }], total: 1, matching: 1 });
});

t.test('rules and explain', async (t) => {
  t.match((await ask('/api/v1/rules')).json(), { rules: [{ name: 'r', hits: 3, dryRun: true }] });
  const asked = await ask('/api/v1/explain?sql=SELECT+1%3B&user=app&tls=false');
  t.equal(asked.status, 200);
  t.match(asked.json(), { sql: 'SELECT 1;', target: 'db1' });
  t.equal((await ask('/api/v1/explain')).status, 400);
  t.equal((await ask('/api/v1/explain?sql=+')).status, 400);
  t.match((await ask('/api/v1/explain?sql=SELECT+1&listener=nowhere')).json(), { error: { message: /no listener "nowhere"/ } });
  t.equal((await ask('/api/v1/explain?sql=SELECT+1&tls=yes')).status, 400);
  t.equal((await ask('/api/v1/explain?sql=SELECT+1', { access: TOKENS() })).status, 401);
  const { parameters } = (await ask('/openapi.json')).json().paths['/api/v1/explain'].get;
  t.match(parameters[0], { name: 'sql', required: true, schema: { type: 'string' } });
});

t.test('what is not there', async (t) => {
  t.match((await ask('/api/v1/nothing')).json(), { error: { code: 'PM_ADMIN_NOT_FOUND' } });
  for (const target of ['//evil/healthz', 'http://evil/healthz', '*', '']) t.equal((await ask(target)).status, 400, target);
  const post = await ask('/healthz', { method: 'POST' });
  t.equal(post.status, 405);
  t.equal(post.headers['allow'], 'GET, HEAD');
});

t.test('openapi names every route and nothing else', async (t) => {
  const api = (await ask('/openapi.json')).json();
  t.same(Object.keys(api.paths), [
    '/',
    '/dashboard/{file}',
    '/dashboard/views/{file}',
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/api/v1/status',
    '/api/v1/clusters',
    '/api/v1/failovers',
    '/api/v1/rules',
    '/api/v1/explain',
    '/api/v1/traffic',
    '/api/v1/digests',
    '/api/v1/config',
    '/api/v1/audit',
    '/api/v1/events',
    '/api/v1/login',
    '/api/v1/logout',
    '/api/v1/whoami',
  ]);
  const operations = Object.values(api.paths as Record<string, Record<string, { operationId: string }>>).flatMap(Object.values);
  const ids = operations.map(({ operationId }) => operationId);
  t.equal(new Set(ids).size, ids.length);
  for (const path of Object.keys(api.paths))
    t.not((await ask(path.replace('{file}', 'style.css'))).status, path.includes('views') ? 0 : 404, path);
});

t.test('the page holds no data', async (t) => {
  const page = await ask('/', { access: TOKENS() });
  t.match(page.headers['content-security-policy'], /default-src 'none'/);
  t.notMatch(page.body, /db1|10\.0\.0\.1/);
  t.match(page.body, /<title>Pointsman/);
});

t.test('a source that fails or never answers', async (t) => {
  const failing = context({
    overview: () => {
      throw new Error('a worker is stuck');
    },
  });
  const reply = await ask('/api/v1/status', { in: failing });
  t.equal(reply.status, 500);
  t.notMatch(reply.body, /stuck/);
  t.match(failing.errors, [{ path: '/api/v1/status', error: Error }]);
  const silent = context({ overview: () => new Promise(() => undefined) });
  t.match(await ask('/api/v1/status', { in: silent, deadlineMs: 20 }), { status: 503, body: /PM_ADMIN_TIMEOUT/ });
});
