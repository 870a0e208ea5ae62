import t from 'tap';
import { FailoverWatch } from '../../../src/admin/failover-watch.js';
import { context } from './fake-source.js';

t.test('begins, is over, and is told once each', async (t) => {
  let reports: object[] = [{ id: 'old', endedMs: 5 }];
  const inside = context({ failovers: () => reports });
  const told: object[] = [];
  inside.events.subscribe(({ type, data }) => told.push({ type, ...data }));
  const watch = new FailoverWatch(inside.source, inside.events);
  watch.look();
  t.same(told, [], 'what was there before is no news');
  reports = [{ id: 'new', kind: 'open', cluster: 'main', oldPrimary: 'db1' }, ...reports];
  watch.look();
  watch.look();
  t.match(told, [{ type: 'failover', id: 'new', kind: 'open', over: false }]);
  reports = [{ id: 'new', kind: 'promotion', cluster: 'main', oldPrimary: 'db1', newPrimary: 'db2', endedMs: 9 }, ...reports.slice(1)];
  watch.look();
  watch.look();
  t.equal(told.length, 2);
  t.match(told[1], { kind: 'promotion', newPrimary: 'db2', over: true });
});
