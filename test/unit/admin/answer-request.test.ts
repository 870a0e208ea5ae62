import t from 'tap';
import { answerRequest } from '../../../src/admin/answer-request.js';
import { Tokens } from '../../../src/admin/tokens.js';
import { context } from './fake-source.js';

const NO_TOKENS = new Tokens({ token: undefined, tokens: [] });
const TOKENS = new Tokens({ token: 'operator-secret', tokens: [{ name: 'grafana', role: 'viewer', token: 'viewer-secret' }] });

async function get(
  target: string,
  more: { tokens?: Tokens; authorization?: string; host?: string; openOnly?: boolean; method?: string } = {},
) {
  const { tokens = NO_TOKENS, authorization, host = 'localhost:6480', openOnly = false, method = 'GET' } = more;
  const reply = await answerRequest({ method, target, authorization, host, openOnly }, context(), tokens);
  return { ...reply, json: () => JSON.parse(reply.body) };
}

t.test('health, readiness and metrics never need a token and are on the metrics address', async (t) => {
  for (const openOnly of [false, true]) {
    for (const path of ['/healthz', '/metrics'])
      t.equal((await get(path, { tokens: TOKENS, openOnly, host: 'any.example' })).status, 200, path);
    t.equal((await get('/readyz', { tokens: TOKENS, openOnly })).status, 503);
  }
  t.equal((await get('/readyz?role=boss')).status, 400);
  t.match((await get('/metrics')).headers['content-type'], /version=0\.0\.4/);
});

t.test('the metrics address has nothing else', async (t) => {
  for (const path of ['/', '/api/v1/status', '/openapi.json']) t.equal((await get(path, { openOnly: true })).status, 404, path);
});

t.test('tokens', async (t) => {
  const status = '/api/v1/status';
  const none = await get(status, { tokens: TOKENS });
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
    t.equal((await get(status, { tokens: TOKENS, authorization })).status, 401, authorization);
  }
  t.equal((await get(status, { tokens: TOKENS, authorization: 'Bearer viewer-secret' })).status, 200);
  t.equal((await get(status, { tokens: TOKENS, authorization: 'bearer operator-secret' })).status, 200);
  t.equal((await get('/openapi.json', { tokens: TOKENS })).status, 200);
  t.equal((await get('/', { tokens: TOKENS })).status, 200);
  t.equal(TOKENS.roleOf('Bearer viewer-secret'), 'viewer');
  t.equal(TOKENS.roleOf('Bearer operator-secret'), 'operator');
});

t.test('without a token only local names are answered, against DNS rebinding', async (t) => {
  for (const host of ['localhost:6480', '127.0.0.1', '[::1]:6480', '10.1.2.3:6480'])
    t.equal((await get('/api/v1/status', { host })).status, 200, host);
  t.equal((await get('/api/v1/status', { host: 'evil.example' })).status, 403);
});

t.test('status', async (t) => {
  t.match((await get('/api/v1/status')).json(), {
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
  t.match((await get('/api/v1/clusters')).json(), { clusters: [{ name: 'main' }] });
  t.match((await get('/api/v1/failovers')).json(), { failovers: [{ id: 'main-2' }] });
});

t.test('sessions only where the source lists them', async (t) => {
  t.equal((await get('/api/v1/sessions')).status, 404);
  t.notOk((await get('/openapi.json')).json().paths['/api/v1/sessions']);
  const offering = context({ sessions: async () => [{ id: 1 }] });
  const reply = await answerRequest(
    { method: 'GET', target: '/api/v1/sessions', authorization: undefined, host: undefined, openOnly: false },
    offering,
    NO_TOKENS,
  );
  t.same(JSON.parse(reply.body), { sessions: [{ id: 1 }] });
});

t.test('rules and explain', async (t) => {
  t.match((await get('/api/v1/rules')).json(), { rules: [{ name: 'r', hits: 3, dryRun: true }] });
  const asked = await get('/api/v1/explain?sql=SELECT+1%3B&user=app&tls=false');
  t.equal(asked.status, 200);
  t.match(asked.json(), { sql: 'SELECT 1;', target: 'db1' });
  t.equal((await get('/api/v1/explain')).status, 400);
  t.equal((await get('/api/v1/explain?sql=+')).status, 400);
  t.match((await get('/api/v1/explain?sql=SELECT+1&listener=nowhere')).json(), { error: { message: /no listener "nowhere"/ } });
  t.equal((await get('/api/v1/explain?sql=SELECT+1&tls=yes')).status, 400);
  t.equal((await get('/api/v1/explain?sql=SELECT+1', { tokens: TOKENS })).status, 401);
  const { parameters } = (await get('/openapi.json')).json().paths['/api/v1/explain'].get;
  t.match(parameters[0], { name: 'sql', required: true, schema: { type: 'string' } });
});

t.test('what is not there', async (t) => {
  t.match((await get('/api/v1/nothing')).json(), { error: { code: 'PM_ADMIN_NOT_FOUND' } });
  for (const target of ['//evil/healthz', 'http://evil/healthz', '*', '']) t.equal((await get(target)).status, 400, target);
  const post = await get('/healthz', { method: 'POST' });
  t.equal(post.status, 405);
  t.equal(post.headers['allow'], 'GET, HEAD');
});

t.test('openapi names every route and nothing else', async (t) => {
  const api = (await get('/openapi.json')).json();
  t.same(Object.keys(api.paths), [
    '/',
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/api/v1/status',
    '/api/v1/clusters',
    '/api/v1/failovers',
    '/api/v1/rules',
    '/api/v1/explain',
  ]);
  const ids = Object.values(api.paths).map((path) => (path as { get: { operationId: string } }).get.operationId);
  t.equal(new Set(ids).size, ids.length);
  for (const path of Object.keys(api.paths)) t.not((await get(path)).status, 404, path);
});

t.test('the page holds no data', async (t) => {
  const page = await get('/', { tokens: TOKENS });
  t.match(page.headers['content-security-policy'], /default-src 'none'/);
  t.notMatch(page.body, /db1|10\.0\.0\.1/);
  t.match(page.body, /not ready/);
});

t.test('a source that fails or never answers', async (t) => {
  const failing = context({
    overview: () => {
      throw new Error('a worker is stuck');
    },
  });
  const asked = { method: 'GET', target: '/api/v1/status', authorization: undefined, host: 'localhost', openOnly: false };
  const reply = await answerRequest(asked, failing, NO_TOKENS);
  t.equal(reply.status, 500);
  t.notMatch(reply.body, /stuck/);
  t.match(failing.errors, [{ path: '/api/v1/status', error: Error }]);
  const silent = context({ overview: () => new Promise(() => undefined) });
  t.match(await answerRequest(asked, silent, NO_TOKENS, 20), { status: 503, body: /PM_ADMIN_TIMEOUT/ });
});
