import { constants, type IntervalHistogram, monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';

/** Kinds of garbage collections in V8's words. */
export const GC_KINDS = ['minor', 'major', 'incremental', 'weakcb'] as const;
export type GcKind = (typeof GC_KINDS)[number];

/** Since the process began. */
export type GcCounts = Record<GcKind, { pauses: number; seconds: number }>;

/** What the operating system and Node know about one process, as plain JSON. */
export interface ProcessSample {
  cpuSeconds: number;
  residentBytes: number;
  heapUsedBytes: number;
  /** How late timers ran since the sample before, in seconds. */
  eventLoopDelaySeconds: { median: number; p99: number; max: number };
  gc: GcCounts;
  /** Unix time. */
  startTimeSeconds: number;
}

const KIND_BY_NUMBER: ReadonlyMap<number, GcKind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** None so far. */
export function zeroGc(): GcCounts {
  const none = () => ({ pauses: 0, seconds: 0 });
  return { minor: none(), major: none(), incremental: none(), weakcb: none() };
}

/** Adds `from` to `into`, in place. */
export function addGc(into: GcCounts, from: GcCounts): void {
  for (const kind of GC_KINDS) {
    into[kind].pauses += from[kind].pauses;
    into[kind].seconds += from[kind].seconds;
  }
}

/** How often the event loop's delay is measured; finer costs more than it tells. */
const RESOLUTION_MS = 20;

/** Samples its own process. */
export class ProcessSampler {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #startTimeSeconds = Date.now() / 1000 - process.uptime();

  readonly #gc = zeroGc();
  readonly #gcWatch = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) this.#collected(entry);
  });

  constructor() {
    this.#delay.enable();
    this.#gcWatch.observe({ entryTypes: ['gc'] });
  }

  #collected(entry: PerformanceEntry): void {
    const { duration } = entry;
    // Its type does not know it; Node documents it for entries of this type.
    const kind = KIND_BY_NUMBER.get((entry as { readonly detail?: { readonly kind?: number } }).detail?.kind ?? 0);
    if (kind === undefined) return;
    this.#gc[kind].pauses += 1;
    this.#gc[kind].seconds += duration / 1000;
  }

  /** The numbers now; the delay covers the time since the last call. */
  sample(): ProcessSample {
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage();
    const delay = this.#delay;
    const lateness = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
    const eventLoopDelaySeconds =
      delay.count === 0
        ? { median: 0, p99: 0, max: 0 }
        : { median: lateness(delay.percentile(50)), p99: lateness(delay.percentile(99)), max: lateness(delay.max) };
    delay.reset();
    return {
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      residentBytes: memory.rss,
      heapUsedBytes: memory.heapUsed,
      eventLoopDelaySeconds,
      gc: structuredClone(this.#gc),
      startTimeSeconds: this.#startTimeSeconds,
    };
  }

  stop(): void {
    this.#gcWatch.disconnect();
    this.#delay.disable();
  }
}
