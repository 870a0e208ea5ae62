import t from 'tap';
import { Readiness, type Route } from '../../../src/admin/readiness.js';

function readiness(routes: readonly Route[] = ['primary', 'replica']): Readiness {
  return new Readiness([{ name: 'main', routes, holdTimeoutMs: 10_000 }], 0);
}

const NONE = { primary: false, readableReplicas: 0 };
const BOTH = { primary: true, readableReplicas: 2 };
const READS = { primary: false, readableReplicas: 2 };

t.test('not ready until listeners are open and every cluster had a target', async (t) => {
  const ready = new Readiness(
    [
      { name: 'a', routes: ['primary'], holdTimeoutMs: 10_000 },
      { name: 'b', routes: ['primary'], holdTimeoutMs: 10_000 },
    ],
    0,
  );
  t.match(ready.answer(undefined, 0), { ready: false, reasons: [/listeners/, /cluster a/, /cluster b/] });
  ready.observe('a', BOTH, 1);
  ready.listenersOpened();
  t.match(ready.answer(undefined, 2), { ready: false, reasons: [/cluster b/] });
  ready.observe('b', BOTH, 3);
  t.same(ready.answer(undefined, 4), { ready: true, reasons: [] });
});

t.test('ready while statements are held, not once hold.timeout has passed', async (t) => {
  const ready = readiness(['primary']);
  ready.listenersOpened();
  ready.observe('main', BOTH, 1000);
  ready.observe('main', READS, 2000);
  t.ok(ready.answer(undefined, 11_999).ready);
  ready.observe('main', NONE, 5000);
  t.match(
    ready.answer(undefined, 12_000),
    { ready: false, reasons: [/for 10 s/] },
    'counted from when it went, not from the last snapshot',
  );
  ready.observe('main', BOTH, 12_500);
  t.ok(ready.answer(undefined, 12_500).ready);
});

t.test('reads go on without a primary: with a replica listener the cluster has a target', async (t) => {
  const ready = readiness();
  ready.listenersOpened();
  ready.observe('main', BOTH, 0);
  ready.observe('main', READS, 1);
  t.ok(ready.answer(undefined, 100_000).ready);
});

t.test('a role is asked strictly: holding does not count', async (t) => {
  const ready = readiness();
  ready.listenersOpened();
  ready.observe('main', BOTH, 0);
  t.ok(ready.answer('primary', 1).ready);
  t.ok(ready.answer('replica', 1).ready);
  ready.observe('main', READS, 2);
  t.match(ready.answer('primary', 2), { ready: false, reasons: [/no primary/] });
  t.ok(ready.answer('replica', 2).ready);
  ready.observe('main', { primary: true, readableReplicas: 0 }, 3);
  t.ok(ready.answer('replica', 3).ready, 'the primary stands in');
  ready.observe('main', NONE, 4);
  t.notOk(ready.answer('replica', 4).ready);
});

t.test('draining is never ready', async (t) => {
  const ready = readiness();
  ready.listenersOpened();
  ready.observe('main', BOTH, 0);
  ready.observe('not configured', BOTH, 0);
  ready.startDraining();
  for (const role of [undefined, 'primary', 'replica'] as const) t.match(ready.answer(role, 1), { ready: false, reasons: [/draining/] });
});
