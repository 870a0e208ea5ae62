import { mergeStats } from './merge-stats.js';
import { addGc, type ProcessSample, zeroGc } from './process-sample.js';
import { Stats, type StatsSnapshot } from './stats.js';

/** What one process sends to the supervisor: plain JSON. */
export interface ProcessReport {
  readonly stats: StatsSnapshot;
  readonly sample: ProcessSample;
}

/** The numbers of all processes together. */
export interface GroupTotals {
  readonly stats: StatsSnapshot;
  /** Processes that live, the supervisor included. */
  readonly processes: number;
  /** CPU seconds and memory summed, event loop delays the worst of all, start the supervisor's. */
  readonly sample: ProcessSample;
  /** Those that live, one by one. */
  readonly each: readonly { readonly name: string; readonly clients: number; readonly sample: ProcessSample }[];
}

/**
 * The numbers of a whole process group, kept by the supervisor. Counters of a worker that ended stay in the sum (a counter that falls
 * looks like a restart to Prometheus and shows spikes that never were); its levels, such as open connections, go with it.
 */
export class GroupStats {
  readonly #live = new Map<number, ProcessReport>();
  #endedStats: StatsSnapshot = new Stats().snapshot();
  #endedCpuSeconds = 0;
  readonly #endedGc = zeroGc();

  /** The newest numbers of the process `id`. */
  report(id: number, report: ProcessReport): void {
    this.#live.set(id, report);
  }

  /** The process `id` ended: its counters are kept, its levels dropped. */
  ended(id: number): void {
    const last = this.#live.get(id);
    if (last === undefined) return;
    this.#live.delete(id);
    this.#endedStats = mergeStats([this.#endedStats, withoutLevels(last.stats)]);
    this.#endedCpuSeconds += last.sample.cpuSeconds;
    addGc(this.#endedGc, last.sample.gc);
  }

  /** The sum over all processes that are or were; `own` are the supervisor's. */
  total(own: ProcessReport): GroupTotals {
    const live = [own, ...this.#live.values()];
    const samples = live.map(({ sample }) => sample);
    const sum = (of: (sample: ProcessSample) => number) => samples.reduce((total, sample) => total + of(sample), 0);
    const worst = (of: (sample: ProcessSample) => number) => Math.max(...samples.map(of));
    const gc = structuredClone(this.#endedGc);
    for (const sample of samples) addGc(gc, sample.gc);
    const named = [['supervisor', own] as const, ...[...this.#live].map(([id, report]) => [String(id), report] as const)];
    return {
      stats: mergeStats([this.#endedStats, ...live.map(({ stats }) => stats)]),
      processes: live.length,
      sample: {
        cpuSeconds: this.#endedCpuSeconds + sum(({ cpuSeconds }) => cpuSeconds),
        residentBytes: sum(({ residentBytes }) => residentBytes),
        heapUsedBytes: sum(({ heapUsedBytes }) => heapUsedBytes),
        eventLoopDelaySeconds: {
          median: worst(({ eventLoopDelaySeconds }) => eventLoopDelaySeconds.median),
          p99: worst(({ eventLoopDelaySeconds }) => eventLoopDelaySeconds.p99),
          max: worst(({ eventLoopDelaySeconds }) => eventLoopDelaySeconds.max),
        },
        gc,
        startTimeSeconds: own.sample.startTimeSeconds,
      },
      each: named.map(([name, { stats, sample }]) => ({ name, clients: clientsOf(stats), sample })),
    };
  }
}

function clientsOf({ clients: { states } }: StatsSnapshot): number {
  return states.active + states.idle + states.held;
}

function withoutLevels(snapshot: StatsSnapshot): StatsSnapshot {
  const copy = structuredClone(snapshot);
  copy.clients.heldStatements = 0;
  copy.clients.states = { active: 0, idle: 0, held: 0 };
  for (const counts of Object.values(copy.backends)) {
    counts.connectionsUsed = 0;
    counts.stalledWrites = 0;
    counts.connectionsConnecting = 0;
  }
  return copy;
}
