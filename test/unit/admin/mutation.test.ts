import t from 'tap';
import { AdminProblem, unknownName } from '../../../src/admin/admin-problem.js';
import { FLAG, objectOf, STRING } from '../../../src/admin/json-schema.js';
import { mutation } from '../../../src/admin/mutation.js';
import { type AskOptions, ask, TOKENS } from './ask.js';
import { context } from './fake-source.js';

const DRAIN = mutation('/api/v1/backends/{name}/drain', {
  summary: 'No new statements.',
  action: 'drain',
  fields: {
    reason: { type: 'string', about: 'Why.', maxLength: 10 },
    within: { type: 'integer', about: 'Seconds.', minimum: 1, maximum: 60 },
    mode: { type: 'string', about: 'How.', values: ['soft', 'hard'] },
  },
  schema: objectOf({ name: STRING, done: FLAG, by: STRING }),
  act({ params, dryRun, actor }) {
    const name = params['name'] ?? '';
    if (name === 'busy') throw new AdminProblem(409, 'PM_ADMIN_BUSY', 'a switchover is under way');
    if (name === 'bug') throw new Error('oh');
    if (name !== 'db 1') throw unknownName('backend', name, ['db 1', 'db2']);
    return { name, done: !dryRun, by: actor.name };
  },
});

function drain(more: AskOptions = {}, name = 'db%201') {
  const path = `/api/v1/backends/${name}/drain`;
  return ask(path, { method: 'POST', authorization: 'Bearer operator-secret', access: TOKENS(), routes: [DRAIN], ...more });
}

t.test('who may', async (t) => {
  t.match((await drain()).json(), { name: 'db 1', done: true, by: 'admin' });
  const { authorization: _none, ...nobody } = { authorization: '' };
  t.equal((await ask('/api/v1/backends/x/drain', { method: 'POST', access: TOKENS(), routes: [DRAIN], ...nobody })).status, 401);
  t.equal((await drain({ authorization: 'Bearer viewer-secret' })).status, 403);
  const open = await ask('/api/v1/backends/x/drain', { method: 'POST', routes: [DRAIN] });
  t.equal(open.status, 403, 'without a configured token the API only reads');
  t.match(open.body, /admin\.token/);
  t.match(await drain({ method: 'GET' }), { status: 405, headers: { allow: 'POST' } });
  t.equal((await drain({ openOnly: true })).status, 404);
});

t.test('bodies', async (t) => {
  t.match((await drain({ body: { dryRun: true } })).json(), { done: false });
  const bad: readonly [unknown, number, RegExp][] = [
    ['{"dryRun": tru}', 400, /PM_ADMIN_BAD_BODY.*no JSON: Unexpected token '\}'"/s],
    ['{"dryRun": ', 400, /no JSON: Unexpected end of JSON input/],
    ['[]', 400, /not a JSON object/],
    ['null', 400, /not a JSON object/],
    [{ dryrun: true }, 400, /\\"dryrun\\" is not known here; known are \\"reason\\", .*\\"dryRun\\"; \/openapi\.json describes/],
    [{ dryRun: 1 }, 400, /\\"dryRun\\" must be true or false/],
    [{ reason: 7 }, 400, /must be a text/],
    [{ reason: '' }, 400, /must be a text/],
    [{ reason: 'x'.repeat(11) }, 400, /at most 10 characters/],
    [{ within: 0 }, 400, /a whole number from 1 to 60/],
    [{ within: 1.5 }, 400, /a whole number/],
    [{ mode: 'medium' }, 400, /must be one of soft, hard/],
    ['{"__proto__": {"dryRun": true}}', 400, /is not known here/],
  ];
  for (const [body, status, message] of bad) {
    const reply = await drain({ body });
    t.equal(reply.status, status, JSON.stringify(body));
    t.match(reply.body, message);
  }
  const form = await drain({ body: 'dryRun=true', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  t.match(form, { status: 415, body: /application\/json/ });
  t.notMatch((await drain({ body: '{"token": "hunter2' })).body, /hunter2/, 'what was sent is not repeated');
});

t.test('names', async (t) => {
  t.match(await drain({}, 'db9'), { status: 404, body: /there is no backend \\"db9\\"; there are db 1, db2/ });
  t.equal((await drain({}, '%E0%A4%A')).status, 404, 'no name at all');
  t.equal((await drain({}, '')).status, 404);
});

t.test('every use is audited, once', async (t) => {
  const inside = context();
  const events: object[] = [];
  inside.events.subscribe(({ type, data }) => events.push({ type, data }));
  await drain({ in: inside, body: { dryRun: true, reason: 'kernel' } });
  await drain({ in: inside, authorization: 'Bearer viewer-secret' });
  await drain({ in: inside, authorization: 'Bearer wrong' });
  await drain({ in: inside, body: '{' });
  await drain({ in: inside }, 'busy');
  await drain({ in: inside }, 'bug');
  const own = { event: 'audit', action: 'drain', from: '127.0.0.1' };
  t.match(inside.lines, [
    { ...own, actor: 'admin', dryRun: true, target: { name: 'db 1', reason: 'kernel' }, result: 'done', status: 200, code: null },
    { ...own, actor: 'grafana', result: 'refused', status: 403, code: 'PM_ADMIN_FORBIDDEN' },
    { ...own, actor: null, result: 'refused', status: 401, code: 'PM_ADMIN_UNAUTHORIZED' },
    { ...own, actor: 'admin', result: 'refused', status: 400, code: 'PM_ADMIN_BAD_BODY' },
    { ...own, actor: 'admin', result: 'failed', status: 409, code: 'PM_ADMIN_BUSY' },
    { ...own, actor: 'admin', result: 'failed', status: 500, code: 'PM_ADMIN_INTERNAL' },
  ]);
  t.equal(events.length, 6);
  t.match(events[0], { type: 'audit', data: { action: 'drain', dryRun: true } });
  t.match(inside.errors, [{ error: Error }], 'a bug is logged as one');
});

t.test('too fast', async (t) => {
  const access = TOKENS();
  const inside = context();
  for (let n = 0; n < 20; n += 1) t.equal((await drain({ access, in: inside })).status, 200);
  t.match(await drain({ access, in: inside }), { status: 429, headers: { 'retry-after': '1' } });
  t.equal(inside.lines.length, 20, 'who floods does not flood the log');
});

t.test('guessing tokens', async (t) => {
  const access = TOKENS();
  for (let n = 0; n < 100; n += 1) await drain({ access, authorization: 'Bearer outdated' });
  t.equal((await drain({ access, authorization: 'Bearer outdated' })).status, 401, 'the same wrong token again and again is no guessing');
  for (let n = 0; n < 20; n += 1) await drain({ access, authorization: `Bearer guess-${n}` });
  t.match(await drain({ access, authorization: 'Bearer guess-x' }), { status: 429, body: /too many wrong tokens/ });
});

t.test('an action that takes longer goes on', async (t) => {
  let finish: () => void = () => undefined;
  const slow = mutation('/slow', {
    summary: 'Slow.',
    action: 'slow',
    schema: objectOf({ ok: FLAG }),
    deadlineMs: 20,
    act: () => new Promise((resolve) => (finish = () => resolve({ ok: true }))),
  });
  const inside = context();
  const more = { method: 'POST', authorization: 'Bearer operator-secret', access: TOKENS(), routes: [slow], in: inside };
  t.match(await ask('/slow', more), { status: 503, body: /may still happen/ });
  t.same(inside.lines, []);
  finish();
  await new Promise((resolve) => setImmediate(resolve));
  t.match(inside.lines, [{ action: 'slow', result: 'done', status: 200 }]);
});
