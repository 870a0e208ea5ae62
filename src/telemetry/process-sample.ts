import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** What the operating system and Node know about one process, as plain JSON. */
export interface ProcessSample {
  cpuSeconds: number;
  residentBytes: number;
  heapUsedBytes: number;
  /** How late timers ran since the sample before, in seconds. */
  eventLoopDelaySeconds: { median: number; p99: number; max: number };
  /** Unix time. */
  startTimeSeconds: number;
}

/** How often the event loop's delay is measured; finer costs more than it tells. */
const RESOLUTION_MS = 20;

/** Samples its own process. */
export class ProcessSampler {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #startTimeSeconds = Date.now() / 1000 - process.uptime();

  constructor() {
    this.#delay.enable();
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
      startTimeSeconds: this.#startTimeSeconds,
    };
  }

  stop(): void {
    this.#delay.disable();
  }
}
