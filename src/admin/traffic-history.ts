import type { TrafficCounts } from './admin-source.js';

/** What went through during about one second. */
export interface TrafficPoint {
  /** Unix time at its end, ms. */
  readonly atMs: number;
  /** Statements answered per second, by the role of their server. */
  readonly primaryPerSecond: number;
  readonly replicaPerSecond: number;
  readonly errorsPerSecond: number;
  /** Null: no statement was answered. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly clients: number;
  readonly held: number;
  readonly retriedPerSecond: number;
  readonly unknownPerSecond: number;
}

/** Traffic of one server lately. */
export interface BackendTraffic {
  readonly perSecond: number;
  readonly errorsPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
}

/** Since the start. */
export interface TrafficTotals {
  readonly statements: number;
  readonly errors: number;
  readonly retried: number;
  readonly unknownOutcomes: number;
  readonly repointed: number;
  readonly logins: TrafficCounts['logins'];
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** So many points are kept: ten minutes. */
const KEPT = 600;

/** Rates and latencies of the last minutes, made of counters that are sampled about each second. A function of samples and times. */
export class TrafficHistory {
  readonly #points: TrafficPoint[] = [];
  #last: { readonly counts: TrafficCounts; readonly atMs: number } | undefined;
  #backends: Readonly<Record<string, BackendTraffic>> = {};

  /** @param atMs Unix time */
  sample(counts: TrafficCounts, atMs: number): void {
    const before = this.#last;
    const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1000;
    this.#last = { counts, atMs };
    // The clock was set back, or stood still: there is no rate.
    if (before === undefined || seconds <= 0) return;
    this.#points.push(pointOf(before.counts, counts, seconds, atMs));
    if (this.#points.length > KEPT) this.#points.shift();
    this.#backends = backendsOf(before.counts, counts, seconds);
  }

  /** Oldest first. */
  get points(): readonly TrafficPoint[] {
    return this.#points;
  }

  get now(): TrafficPoint | null {
    return this.#points.at(-1) ?? null;
  }

  get backends(): Readonly<Record<string, BackendTraffic>> {
    return this.#backends;
  }

  get totals(): TrafficTotals | null {
    if (this.#last === undefined) return null;
    const { statements, errors, retried, unknownOutcomes, repointed, logins, bytesIn, bytesOut } = this.#last.counts;
    const all = statements.primary + statements.replica + statements.none;
    return { statements: all, errors, retried, unknownOutcomes, repointed, logins, bytesIn, bytesOut };
  }
}

function pointOf(before: TrafficCounts, now: TrafficCounts, seconds: number, atMs: number): TrafficPoint {
  const rate = (of: (counts: TrafficCounts) => number) => perSecond(of(before), of(now), seconds);
  const durations = now.durations.map((count, index) => Math.max(0, count - (before.durations[index] ?? 0)));
  const at = (share: number) => percentileMs(now.boundsSeconds, durations, share);
  return {
    atMs,
    primaryPerSecond: rate(({ statements }) => statements.primary + statements.none),
    replicaPerSecond: rate(({ statements }) => statements.replica),
    errorsPerSecond: rate(({ errors }) => errors),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    clients: now.clients.active + now.clients.idle + now.clients.held,
    held: now.heldStatements,
    retriedPerSecond: rate(({ retried }) => retried),
    unknownPerSecond: rate(({ unknownOutcomes }) => unknownOutcomes),
  };
}

function backendsOf(before: TrafficCounts, now: TrafficCounts, seconds: number): Record<string, BackendTraffic> {
  const none = { statements: 0, errors: 0, bytesIn: 0, bytesOut: 0 };
  return Object.fromEntries(
    Object.entries(now.backends).map(([name, counts]) => {
      const was = before.backends[name] ?? none;
      return [
        name,
        {
          perSecond: perSecond(was.statements, counts.statements, seconds),
          errorsPerSecond: perSecond(was.errors, counts.errors, seconds),
          bytesInPerSecond: perSecond(was.bytesIn, counts.bytesIn, seconds),
          bytesOutPerSecond: perSecond(was.bytesOut, counts.bytesOut, seconds),
        },
      ];
    }),
  );
}

function perSecond(before: number, now: number, seconds: number): number {
  return Math.round((Math.max(0, now - before) / seconds) * 10) / 10;
}

/** Interpolated within its bucket; null: no observation. */
function percentileMs(bounds: readonly number[], counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = total * share;
  for (const [index, count] of counts.entries()) {
    const lower = index === 0 ? 0 : (bounds[index - 1] as number);
    const upper = bounds[index] ?? lower;
    if (count > 0 && left <= count) return Math.round((lower + (upper - lower) * (left / count)) * 1e6) / 1e3;
    left -= count;
  }
  return Math.round((bounds.at(-1) ?? 0) * 1e6) / 1e3;
}
