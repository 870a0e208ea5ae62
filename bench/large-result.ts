import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions, TargetName } from './bench-options.js';
import { median } from './median.js';
import { processUsage } from './process-usage.js';
import { readResultSlowly } from './slow-reader.js';
import type { Target } from './stage.js';
import { ROWS_PER_TABLE, runSysbench } from './sysbench.js';
import { table } from './table.js';

/** What a large result to a slow client costs a proxy and its other clients. */
export interface LargeResultCost {
  readonly target: TargetName;
  readonly shape: string;
  readonly bytes: number;
  readonly slowSeconds: number;
  readonly fastSeconds: number;
  readonly beforeRssBytes: number;
  /** Highest while the client read slowly, and while it read the rest as fast as it could. */
  readonly slowPeakRssBytes: number;
  readonly fastPeakRssBytes: number;
  /** Four other clients that do point selects, before and during the slow reading. */
  readonly othersBefore: Others;
  readonly othersDuring: Others;
}

/** What other clients get through the proxy, as a share of what they get from the server itself in the seconds beside it. */
interface Others {
  readonly throughputOfDirect: number;
  readonly p95OfDirect: number;
}

/** 60 MB both: many rows of 1.2 kB, and four of 15 MB, which are larger than anything a proxy may hold. */
const SHAPES = [
  { shape: '50,000 rows of 1.2 kB', sql: `SELECT REPEAT('x', 1200) FROM sbtest1 LIMIT ${ROWS_PER_TABLE}` },
  { shape: '4 rows of 15 MB', sql: "SELECT REPEAT('x', 15000000) FROM sbtest1 LIMIT 4" },
] as const;

const BYTES_PER_SECOND = 1_000_000;
const OTHER_THREADS = 4;

/** Three pairs of short runs, proxy and server in turn: what disturbs the machine disturbs both, and a stray second does not count. */
async function measureOthers(port: number, serverPort: number, seconds: number): Promise<Others> {
  const throughput: number[] = [];
  const p95: number[] = [];
  for (let i = 0; i < 3; i++) {
    const common = { workload: 'oltp_point_select', threads: OTHER_THREADS, seconds, psMode: 'disable' } as const;
    const proxied = await runSysbench({ port, ...common });
    const direct = await runSysbench({ port: serverPort, ...common });
    throughput.push(proxied.queriesPerSecond / direct.queriesPerSecond);
    p95.push(proxied.p95Millis / direct.p95Millis);
  }
  return { throughputOfDirect: median(throughput), p95OfDirect: median(p95) };
}

async function measureShape(
  target: Target,
  serverPort: number,
  shape: (typeof SHAPES)[number],
  options: BenchOptions,
): Promise<LargeResultCost> {
  const pid = target.pid ?? 0;
  const seconds = options.quick ? 1 : 2;
  const othersBefore = await measureOthers(target.port, serverPort, seconds);
  await sleep(1000);
  const beforeRssBytes = processUsage(pid).rssBytes;
  let peak = beforeRssBytes;
  let slowPeakRssBytes = beforeRssBytes;
  const sampler = setInterval(() => {
    peak = Math.max(peak, processUsage(pid).rssBytes);
  }, 50);
  try {
    const reading = readResultSlowly(target.port, shape.sql, {
      bytesPerSecond: BYTES_PER_SECOND,
      seconds: options.quick ? 8 : 20,
      onSlowEnd: () => {
        slowPeakRssBytes = peak;
        peak = 0;
      },
    });
    // Until it is read below, a failure of it must not end the process.
    reading.catch(() => undefined);
    await sleep(1500);
    const othersDuring = await measureOthers(target.port, serverPort, seconds);
    const { bytes, slowSeconds, fastSeconds } = await reading;
    peak = Math.max(peak, processUsage(pid).rssBytes);
    const figures = { bytes, slowSeconds, fastSeconds, beforeRssBytes, slowPeakRssBytes, fastPeakRssBytes: peak };
    return { target: target.name, shape: shape.shape, ...figures, othersBefore, othersDuring };
  } finally {
    clearInterval(sampler);
  }
}

/** Both shapes through one proxy. */
export async function measureLarge(target: Target, serverPort: number, options: BenchOptions): Promise<LargeResultCost[]> {
  const costs: LargeResultCost[] = [];
  for (const shape of SHAPES) costs.push(await measureShape(target, serverPort, shape, options));
  return costs;
}

/** A line for each proxy and shape. */
export function printLarge(costs: readonly LargeResultCost[]): string {
  const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  const head = [
    '60 MB to a client that reads 1 MB/s',
    'RSS MB before',
    'growth, slow',
    'growth, then fast',
    'fast MB/s',
    'others: throughput / direct before, during',
    'p95 / direct before, during',
  ];
  const rows = costs.map((cost) => [
    `${cost.target}, ${cost.shape}`,
    mb(cost.beforeRssBytes),
    mb(cost.slowPeakRssBytes - cost.beforeRssBytes),
    mb(cost.fastPeakRssBytes - cost.beforeRssBytes),
    ((cost.bytes - cost.slowSeconds * BYTES_PER_SECOND) / cost.fastSeconds / 1e6).toFixed(0),
    `${cost.othersBefore.throughputOfDirect.toFixed(2)}, ${cost.othersDuring.throughputOfDirect.toFixed(2)}`,
    `${cost.othersBefore.p95OfDirect.toFixed(2)}, ${cost.othersDuring.p95OfDirect.toFixed(2)}`,
  ]);
  return table([head, ...rows]);
}
