import t from 'tap';
import { readBenchOptions } from '../../../bench/bench-options.js';
import type { Measurement } from '../../../bench/compare.js';
import { median, ratio } from '../../../bench/median.js';
import { summarise } from '../../../bench/print-comparison.js';
import { processUsage } from '../../../bench/process-usage.js';
import { parseSysbench } from '../../../bench/sysbench.js';
import { table } from '../../../bench/table.js';

// As sysbench 1.0.20 prints it.
const SAID = `SQL statistics:
    queries performed:
        read:                            16488
        write:                           0
        other:                           0
        total:                           16488
    transactions:                        16488  (5382.97 per sec.)
    queries:                             16488  (5382.97 per sec.)
    ignored errors:                      2      (0.65 per sec.)
    reconnects:                          0      (0.00 per sec.)

General statistics:
    total time:                          3.0625s
    total number of events:              16488

Latency (ms):
         min:                                    0.04
         avg:                                   11.74
         max:                                  695.61
         95th percentile:                       33.72
         sum:                               193600.68
`;

t.test('what sysbench prints', async (t) => {
  t.same(parseSysbench(SAID), { queries: 16488, queriesPerSecond: 5382.97, p95Millis: 33.72, ignoredErrors: 2, reconnects: 0 });
  t.throws(() => parseSysbench('FATAL: error 2013'), { code: 'PM_BENCH_SYSBENCH' });
});

t.test('medians and ratios', async (t) => {
  t.equal(median([5, 1, 3]), 3);
  t.equal(median([4, 1, 3, 2]), 2.5);
  t.ok(Number.isNaN(median([])));
  t.same(ratio([2, 9, 8], [1, 3, 2]), { median: 3, lowest: 2, highest: 4 });
  t.same(ratio([2, undefined], [1, 3]), { median: 2, lowest: 2, highest: 2 }, 'only whole pairs count');
  t.equal(ratio([undefined], [1]), undefined);
});

t.test('ratios are taken round by round', async (t) => {
  const one = (round: number, target: Measurement['target'], queriesPerSecond: number): Measurement => {
    const rest = { p95Millis: 1, ignoredErrors: 0, cpuMicrosPerQuery: undefined, userMicrosPerQuery: undefined, rssBytes: undefined };
    return { round, workload: 'oltp_point_select', threads: 1, target, queriesPerSecond, loadAverage: 1, ...rest };
  };
  // The second round was twice as slow for both: it says the same as the first.
  const list = [one(1, 'direct', 1000), one(1, 'pointsman', 500), one(2, 'pointsman', 250), one(2, 'direct', 500)];
  const [comparison] = summarise(list);
  t.same(comparison?.ratios['pointsman/direct']?.queriesPerSecond, { median: 0.5, lowest: 0.5, highest: 0.5 });
  t.equal(comparison?.medians.direct?.queriesPerSecond, 750);
});

t.test('options', async (t) => {
  t.match(readBenchOptions([]), { compare: true, idle: undefined, large: false, rounds: 5, threads: [1, 16, 64], workers: 1 });
  t.match(readBenchOptions(['--idle', '1000', '--large']), { compare: false, idle: 1000, large: true });
  t.match(readBenchOptions(['--large', '--compare', '--quick']), { compare: true, large: true, rounds: 2, seconds: 1 });
  const given = ['--threads=4,8', '--workloads', 'point_select', '--targets=direct,pointsman', '--ps-mode', 'auto'];
  t.match(readBenchOptions(given), { threads: [4, 8], workloads: ['oltp_point_select'], targets: ['direct', 'pointsman'], psMode: 'auto' });
  for (const wrong of [['--fast'], ['--rounds', '0'], ['--rounds'], ['--threads', '1,x'], ['--targets', 'proxysql']]) {
    t.throws(() => readBenchOptions(wrong), { code: 'PM_BENCH_USAGE' }, wrong.join(' '));
  }
});

t.test('CPU time and memory of a process', async (t) => {
  const before = processUsage(process.pid);
  const end = performance.now() + 100;
  while (performance.now() < end);
  const after = processUsage(process.pid);
  t.ok(after.userMicros + after.systemMicros > before.userMicros + before.systemMicros);
  t.ok(after.rssBytes > 10 * 2 ** 20);
  t.equal(processUsage(2 ** 22 + 1).rssBytes, 0, 'one that does not exist');
});

t.test('tables', async (t) => {
  t.equal(
    table([
      ['name', 'n'],
      ['a', '100'],
    ]),
    'name    n\n----  ---\na     100',
  );
});
