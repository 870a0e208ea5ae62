import t from 'tap';
import { BackendStats } from '../../../src/telemetry/backend-stats.js';
import { coarser, emptyDurations, observe, SHOWN_BOUNDS_SECONDS, STATEMENT_BOUNDS_SECONDS } from '../../../src/telemetry/durations.js';
import { GroupStats, type ProcessReport } from '../../../src/telemetry/group-stats.js';
import { mergeStats } from '../../../src/telemetry/merge-stats.js';
import { percentile } from '../../../src/telemetry/percentile.js';
import { ProcessSampler, zeroGc } from '../../../src/telemetry/process-sample.js';
import { SESSION_OUTCOMES } from '../../../src/telemetry/stat-names.js';
import { Stats } from '../../../src/telemetry/stats.js';
import type { SessionOutcome } from '../../../src/topology/link.js';

t.test('an observation lands in the first bucket whose bound it does not exceed', async (t) => {
  for (const [seconds, bucket] of [
    [0, 0],
    [0.0001, 0],
    [0.00011, 1],
    [60, STATEMENT_BOUNDS_SECONDS.length - 1],
    [61, STATEMENT_BOUNDS_SECONDS.length],
  ] as const) {
    const durations = emptyDurations(STATEMENT_BOUNDS_SECONDS);
    observe(durations, STATEMENT_BOUNDS_SECONDS, seconds);
    t.equal(durations.counts.indexOf(1), bucket, String(seconds));
    t.equal(durations.sumSeconds, seconds);
  }
});

t.test('a backend', async (t) => {
  const stats = new BackendStats();
  stats.role = 'replica';
  stats.statement('read', true, 0.002);
  stats.statement('read', false, 0.002);
  t.equal(stats.counts.ok.read, 1);
  t.equal(stats.counts.error.read, 1);
  t.equal(
    stats.counts.durations.replica.read.counts.reduce((sum, count) => sum + count),
    2,
  );
  t.equal(stats.counts.durations.primary.read.sumSeconds, 0);
  stats.connecting();
  stats.connecting();
  stats.connected();
  stats.attached();
  stats.connectFailed('refused');
  t.match(stats.counts, { connectionsConnecting: 0, connectionsUsed: 1, connectionsMade: 1, connectFailures: { refused: 1 } });
  stats.detached();
  t.equal(stats.counts.connectionsUsed, 0);
  for (let code = 1000; code < 1150; code++) stats.serverError(code);
  stats.serverError(1000);
  t.equal(Object.keys(stats.counts.errorCodes).length, 101, 'labels are bounded');
  t.equal(stats.counts.errorCodes['1000'], 2);
  t.equal(stats.counts.errorCodes['other'], 50);
});

t.test('clients', async (t) => {
  const { clients } = new Stats();
  clients.state(undefined, 'idle');
  clients.state('idle', 'active');
  t.same(clients.counts.states, { active: 1, idle: 0, held: 0 });
  clients.state('active', undefined);
  t.same(clients.counts.states, { active: 0, idle: 0, held: 0 });
});

function busy(): Stats {
  const stats = new Stats();
  const backend = stats.backend('db1');
  t.equal(stats.backend('db1'), backend, 'the same object each time');
  backend.role = 'primary';
  backend.statement('write', true, 0.01);
  backend.connecting();
  backend.connected();
  backend.attached();
  stats.clients.state(undefined, 'held');
  stats.clients.result('accepted');
  stats.clients.heldStatements(1);
  stats.clients.received(10);
  stats.rerun('read');
  stats.unknownOutcome('commit');
  stats.repoint('moved');
  stats.outcome('repointed');
  stats.failover('promotion', { detect: 0.6, wait: 0.2 });
  return stats;
}

t.test('a snapshot is plain JSON and does not change any more', async (t) => {
  const stats = busy();
  const snapshot = stats.snapshot();
  t.same(JSON.parse(JSON.stringify(snapshot)), snapshot);
  stats.backend('db1').statement('write', true, 1);
  t.equal(snapshot.backends['db1']?.ok.write, 1);
});

t.test('sums', async (t) => {
  const one = busy().snapshot();
  const other = busy();
  other.backend('db2').statement('read', true, 0.1);
  const sum = mergeStats([one, other.snapshot()]);
  t.match(sum, {
    clients: { states: { held: 2 }, results: { accepted: 2 }, heldStatements: 2, bytesIn: 20 },
    backends: { db1: { ok: { write: 2 }, connectionsUsed: 2 }, db2: { ok: { read: 1 } } },
    reruns: { read: 2 },
    unknownOutcomes: { commit: 2 },
    repoints: { moved: 2 },
    outcomes: { repointed: 2 },
    failovers: { promotion: 2 },
  });
  t.equal(sum.backends['db1']?.durations.primary.write.sumSeconds, 0.02);
  t.equal(sum.failoverPhases.detect.sumSeconds, 1.2);
  t.equal(one.backends['db1']?.ok.write, 1, 'the parts stay as they were');
});

t.test('a group: counters of a worker that ended stay, its levels go', async (t) => {
  const sampler = new ProcessSampler();
  t.teardown(() => sampler.stop());
  const report = (): ProcessReport => ({ stats: busy().snapshot(), sample: { ...sampler.sample(), cpuSeconds: 5, residentBytes: 100 } });
  const own: ProcessReport = { stats: new Stats().snapshot(), sample: { ...sampler.sample(), cpuSeconds: 1, residentBytes: 1 } };
  const group = new GroupStats();
  group.report(1, report());
  group.report(2, report());
  group.report(2, report());
  t.match(group.total(own), { processes: 3, sample: { cpuSeconds: 11, residentBytes: 201 } });
  t.equal(group.total(own).stats.clients.results.accepted, 2, 'a newer report replaces the older');
  group.ended(1);
  group.ended(1);
  const total = group.total(own);
  t.match(total, { processes: 2, sample: { cpuSeconds: 11, residentBytes: 101 } });
  t.match(total.stats, {
    clients: { results: { accepted: 2 }, states: { held: 1 }, heldStatements: 1 },
    backends: { db1: { ok: { write: 2 }, connectionsUsed: 1, connectionsMade: 2 } },
  });
});

t.test('outcomes are those of topology', async (t) => {
  // Both directions: a word that only one of the two knows does not compile.
  const ours: readonly SessionOutcome[] = SESSION_OUTCOMES;
  const theirs: (outcome: SessionOutcome) => (typeof SESSION_OUTCOMES)[number] = (outcome) => outcome;
  t.equal(theirs('held'), ours[1]);
});

t.test('a process sample', async (t) => {
  const sampler = new ProcessSampler();
  t.teardown(() => sampler.stop());
  await new Promise((resolve) => setTimeout(resolve, 100));
  const sample = sampler.sample();
  t.ok(sample.cpuSeconds > 0 && sample.residentBytes > 1e6 && sample.heapUsedBytes > 1e5);
  t.ok(Math.abs(sample.startTimeSeconds - (Date.now() / 1000 - process.uptime())) < 5);
  for (const value of Object.values(sample.eventLoopDelaySeconds)) t.ok(value >= 0 && value < 60);
});

t.test('percentiles are counted finer than metrics are shown', async (t) => {
  for (const bound of SHOWN_BOUNDS_SECONDS) t.ok(STATEMENT_BOUNDS_SECONDS.includes(bound), `${bound} s is among them`);
  for (const [index, bound] of STATEMENT_BOUNDS_SECONDS.entries()) {
    const before = STATEMENT_BOUNDS_SECONDS[index - 1];
    if (before !== undefined) t.ok(bound > before && bound / before < 1.21, `${before} s to ${bound} s`);
  }
  const durations = emptyDurations(STATEMENT_BOUNDS_SECONDS);
  // Each hundredth of a millisecond from 0.1 to 10 ms: the true percentiles are known.
  for (let step = 10; step < 1_000; step++) observe(durations, STATEMENT_BOUNDS_SECONDS, step / 100_000);
  for (const share of [0.5, 0.95, 0.99]) {
    const found = percentile(STATEMENT_BOUNDS_SECONDS, durations.counts, share) ?? 0;
    const exact = (10 + 990 * share) / 100_000;
    t.ok(Math.abs(found - exact) / exact < 0.1, `${share}: ${found} s for ${exact} s`);
  }
  const shown = coarser(durations, STATEMENT_BOUNDS_SECONDS, SHOWN_BOUNDS_SECONDS);
  t.equal(
    shown.counts.reduce((sum, count) => sum + count),
    990,
  );
  t.equal(shown.counts[SHOWN_BOUNDS_SECONDS.indexOf(0.001)], 50, 'those above 0.5 ms, up to 1 ms');
  t.equal(shown.sumSeconds, durations.sumSeconds);
});

t.test('each process by itself, and garbage collections of those that ended too', async (t) => {
  const group = new GroupStats();
  const one = (pauses: number): ProcessReport => {
    const sample = new ProcessSampler().sample();
    return { stats: new Stats().snapshot(), sample: { ...sample, gc: { ...zeroGc(), minor: { pauses, seconds: pauses / 100 } } } };
  };
  group.report(1, one(3));
  group.report(2, one(4));
  group.ended(1);
  const total = group.total(one(5));
  t.equal(total.sample.gc.minor.pauses, 12);
  t.match(total.sample.gc.minor.seconds.toFixed(2), '0.12');
  t.same(
    total.each.map(({ name, sample }) => [name, sample.gc.minor.pauses]),
    [
      ['supervisor', 5],
      ['2', 4],
    ],
  );
});
