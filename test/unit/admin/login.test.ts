import t from 'tap';
import { Access } from '../../../src/admin/access.js';
import { BrowserCookie } from '../../../src/admin/browser-cookie.js';
import { FLAG, objectOf } from '../../../src/admin/json-schema.js';
import { mutation } from '../../../src/admin/mutation.js';
import { Tokens } from '../../../src/admin/tokens.js';
import { ask, TOKENS } from './ask.js';
import { context } from './fake-source.js';

const SAME = { origin: 'http://localhost:6480', 'sec-fetch-site': 'same-origin' };
const ACT = mutation('/act', { summary: 'Acts.', action: 'act', schema: objectOf({ ok: FLAG }), act: () => ({ ok: true }) });

async function login(access: Access, token = 'operator-secret', more: object = {}) {
  return ask('/api/v1/login', { method: 'POST', access, headers: SAME, body: { token }, ...more });
}

function cookieOf(reply: { headers: Readonly<Record<string, string>> }): string {
  return reply.headers['set-cookie']?.split(';')[0] ?? '';
}

t.test('a browser gets a cookie for a token', async (t) => {
  const access = TOKENS();
  const reply = await login(access);
  t.match(reply.json(), { name: 'admin', role: 'operator' });
  t.match(reply.headers['set-cookie'], /^pointsman_session=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  t.match((await login(access, 'operator-secret', { secure: true })).headers['set-cookie'], /; Secure/);
  const cookie = cookieOf(reply);
  t.notMatch(cookie, /operator-secret/);
  t.equal((await ask('/api/v1/status', { access, headers: { cookie } })).status, 200);
  t.match((await ask('/api/v1/whoami', { access, headers: { cookie } })).json(), { name: 'admin', role: 'operator', tokens: true });
  t.match((await ask('/api/v1/whoami', { access })).json(), { name: null, role: null, actions: [] });
  t.equal(
    (await ask('/api/v1/status', { access, headers: { cookie }, authorization: 'Bearer wrong' })).status,
    401,
    'a header counts more',
  );
});

t.test('wrong tokens, other pages, no token configured', async (t) => {
  const access = TOKENS();
  const inside = context();
  t.equal((await login(access, 'wrong', { in: inside })).status, 401);
  t.match(inside.lines, [{ action: 'login', result: 'refused', target: { token: '***' } }], 'the token is not written down');
  t.equal((await login(access, 'operator-secret', { headers: { origin: 'http://evil.example' } })).status, 403);
  t.equal((await login(access, 'operator-secret', { headers: {} })).status, 403, 'no page at all');
  t.match(await ask('/api/v1/login', { method: 'POST', headers: SAME, body: { token: 'x' } }), {
    status: 409,
    body: /no token is configured/,
  });
  t.equal((await login(access, '')).status, 400);
});

t.test('with a cookie only our own page acts', async (t) => {
  const access = TOKENS();
  const cookie = cookieOf(await login(access));
  const act = (headers: Record<string, string>) => ask('/act', { method: 'POST', access, routes: [ACT], headers: { cookie, ...headers } });
  t.equal((await act(SAME)).status, 200);
  t.equal((await act({ origin: 'http://localhost:6480' })).status, 200, 'a browser too old for Sec-Fetch-Site');
  for (const headers of [
    {},
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:6481' },
    { ...SAME, 'sec-fetch-site': 'same-site' },
    { ...SAME, 'sec-fetch-site': 'cross-site' },
  ]) {
    t.match(await act(headers as Record<string, string>), { status: 403, body: /PM_ADMIN_ORIGIN/ }, JSON.stringify(headers));
  }
  const viewer = cookieOf(await login(access, 'viewer-secret'));
  t.equal((await act({ ...SAME, cookie: viewer })).status, 403);
});

t.test('log out', async (t) => {
  const access = TOKENS();
  const cookie = cookieOf(await login(access));
  t.equal((await ask('/api/v1/logout', { method: 'POST', access, headers: { cookie } })).status, 403, 'not by a page of others');
  const reply = await ask('/api/v1/logout', { method: 'POST', access, headers: { cookie, ...SAME } });
  t.match(reply.headers['set-cookie'], /Max-Age=0/);
  t.equal((await ask('/api/v1/status', { access, headers: { cookie } })).status, 401, 'a copy of it is of no use');
});

t.test('cookies live as long as their token, not as their process', async (t) => {
  const options = { token: undefined, tokens: [{ name: 'a b', role: 'viewer' as const, token: 'first' }] };
  const cookie = new BrowserCookie(new Tokens(options)).issue({ name: 'a b', role: 'viewer' }, 1_000, false).split(';')[0];
  const later = new BrowserCookie(new Tokens(options));
  t.match(later.holderOf(cookie, 2_000), { name: 'a b', role: 'viewer' });
  t.equal(later.holderOf(cookie, 1_000 + 12 * 3_600_000), undefined, 'for half a day');
  const promoted = new Tokens({ token: undefined, tokens: [{ name: 'a b', role: 'operator', token: 'first' }] });
  t.match(new BrowserCookie(promoted).holderOf(cookie, 2_000), { role: 'operator' }, 'the role is what is configured now');
  const changed = new Tokens({ token: undefined, tokens: [{ name: 'a b', role: 'viewer', token: 'second' }] });
  t.equal(new BrowserCookie(changed).holderOf(cookie, 2_000), undefined);
  for (const forged of [
    'pointsman_session=',
    'pointsman_session=a.b.c.d',
    `${cookie}x`,
    cookie?.replace(/\.\d+\./, '.99999999999999.'),
    '',
  ]) {
    t.equal(later.holderOf(forged, 2_000), undefined, String(forged));
  }
  t.match(later.holderOf(`other=1; ${cookie}; more=2`, 2_000), { name: 'a b' });
});

t.test('without a token there is nothing to log in to', async (t) => {
  const access = new Access({ token: undefined, tokens: [] });
  t.match((await ask('/api/v1/whoami', { access })).json(), { name: 'local', role: 'viewer', tokens: false });
});
