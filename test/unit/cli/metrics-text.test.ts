import t from 'tap';
import { parseMetrics, quantileBetween, sumOf } from '../../../src/cli/metrics-text.js';

const TEXT = `# HELP q x
# TYPE q counter
q{backend="db1",kind="read"} 10
q{backend="db\\"2",kind="read"} 5
up 1
d_bucket{le="0.1"} 4
d_bucket{le="1"} 8
d_bucket{le="+Inf"} 10
`;

t.test('samples, sums and quantiles of a Prometheus text', async (t) => {
  const samples = parseMetrics(TEXT);
  t.equal(samples.length, 6);
  t.equal(sumOf(samples, 'q'), 15);
  t.equal(sumOf(samples, 'q', { backend: 'db1' }), 10);
  t.equal(sumOf(samples, 'none'), 0);
  t.equal(quantileBetween([], samples, 'd', 0.2), 0.05);
  t.equal(quantileBetween([], samples, 'd', 0.6), 0.55);
  t.equal(quantileBetween([], samples, 'd', 0.99), 1, 'above the last bound: that bound');
  t.equal(quantileBetween(samples, samples, 'd', 0.5), undefined, 'nothing in between');
});
