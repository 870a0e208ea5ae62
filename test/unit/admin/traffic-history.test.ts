import t from 'tap';
import { TrafficHistory } from '../../../src/admin/traffic-history.js';
import { TRAFFIC } from './fake-source.js';

t.test('rates and latencies of what came between two samples', async (t) => {
  const history = new TrafficHistory();
  history.sample(TRAFFIC, 1_000);
  t.equal(history.now, null, 'one sample is no rate');
  const later = {
    ...TRAFFIC,
    statements: { primary: 120, replica: 90, none: 0 },
    errors: 3,
    durations: [150, 50, 0],
    backends: {
      db1: { statements: 120, errors: 2, bytesIn: 30, bytesOut: 20 },
      db2: { statements: 10, errors: 0, bytesIn: 0, bytesOut: 0 },
    },
  };
  history.sample(later, 3_000);
  t.match(history.now, { atMs: 3_000, primaryPerSecond: 10, replicaPerSecond: 20, errorsPerSecond: 0.5, p50Ms: 0.5, clients: 3, held: 0 });
  t.match(history.backends, { db1: { perSecond: 10, bytesInPerSecond: 10 }, db2: { perSecond: 5 } });
  t.match(history.totals, { statements: 210, errors: 3, retried: 1 });
  history.sample(later, 4_000);
  t.match(history.now, { primaryPerSecond: 0, p50Ms: null, p99Ms: null });
});

t.test('a clock that is set back, counters that fall, and no end', async (t) => {
  const history = new TrafficHistory();
  history.sample(TRAFFIC, 10_000);
  history.sample(TRAFFIC, 5_000);
  t.equal(history.points.length, 0);
  history.sample({ ...TRAFFIC, statements: { primary: 0, replica: 0, none: 0 } }, 6_000);
  t.equal(history.now?.primaryPerSecond, 0);
  for (let n = 0; n < 1_000; n += 1) history.sample(TRAFFIC, 7_000 + n * 1_000);
  t.equal(history.points.length, 600);
});
