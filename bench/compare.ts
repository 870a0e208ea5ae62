import { loadavg } from 'node:os';
import type { BenchOptions, TargetName, Workload } from './bench-options.js';
import { type ProcessUsage, processUsage } from './process-usage.js';
import type { Target } from './stage.js';
import { runSysbench } from './sysbench.js';

/** One run of sysbench through one target. */
export interface Measurement {
  readonly round: number;
  readonly workload: Workload;
  readonly threads: number;
  readonly target: TargetName;
  readonly queriesPerSecond: number;
  readonly p95Millis: number;
  readonly ignoredErrors: number;
  /** Of the proxy, per statement, logins not counted; undefined for the server itself. */
  readonly cpuMicrosPerQuery: number | undefined;
  /** The part of it outside the kernel. */
  readonly userMicrosPerQuery: number | undefined;
  /** Of the proxy, after the run. */
  readonly rssBytes: number | undefined;
  /** Of the machine, over the last minute. */
  readonly loadAverage: number;
}

/** The order of targets is another one in every run, so that no target always has the same predecessor or place. */
function rotate<T>(list: readonly T[], by: number): T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

async function measure(target: Target, round: number, workload: Workload, threads: number, options: BenchOptions): Promise<Measurement> {
  let before: ProcessUsage | undefined;
  const { pid } = target;
  const onStart = (): void => {
    if (pid !== undefined) before = processUsage(pid);
  };
  const { seconds, psMode } = options;
  const result = await runSysbench({ port: target.port, workload, threads, seconds, psMode, onStart });
  const after = pid === undefined ? undefined : processUsage(pid);
  const perQuery = (pick: (usage: ProcessUsage) => number): number | undefined =>
    before === undefined || after === undefined ? undefined : (pick(after) - pick(before)) / result.queries;
  return {
    round,
    workload,
    threads,
    target: target.name,
    queriesPerSecond: result.queriesPerSecond,
    p95Millis: result.p95Millis,
    ignoredErrors: result.ignoredErrors,
    cpuMicrosPerQuery: perQuery((usage) => usage.userMicros + usage.systemMicros),
    userMicrosPerQuery: perQuery((usage) => usage.userMicros),
    rssBytes: after?.rssBytes,
    loadAverage: loadavg()[0] ?? 0,
  };
}

/**
 * Machine code for the hot path is made while the first queries run: measured, the first 5,000 cost four times as much CPU as later
 * ones, and it takes some 30,000 until that is over. They belong to the first seconds of a process, not to its days.
 */
async function warmUp(targets: readonly Target[], { quick, psMode }: BenchOptions): Promise<void> {
  const most = { threads: 16, seconds: quick ? 6 : 15, psMode };
  for (const { port } of targets) {
    await runSysbench({ port, workload: 'oltp_point_select', events: 30_000, ...most });
    await runSysbench({ port, workload: 'oltp_read_write', events: 500, ...most });
  }
}

/** All workloads and thread counts through all targets, round after round. */
export async function compareTargets(
  targets: readonly Target[],
  options: BenchOptions,
  progress: (text: string) => void,
): Promise<Measurement[]> {
  await warmUp(targets, options);
  progress('warm');
  const measurements: Measurement[] = [];
  let turn = 0;
  for (let round = 1; round <= options.rounds; round++) {
    for (const workload of options.workloads) {
      for (const threads of options.threads) {
        for (const target of rotate(targets, turn++)) measurements.push(await measure(target, round, workload, threads, options));
      }
    }
    progress(`round ${round} of ${options.rounds} done`);
  }
  return measurements;
}
