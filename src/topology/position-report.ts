/** Plain data from the monitor for everybody who asks how far the servers are; sent to workers as it is. Times: `performance.now()`, ms. */
export interface PositionReport {
  /** Only those about whom there is something new. */
  readonly backends: readonly BackendProgress[];
}

export interface BackendProgress {
  readonly backend: string;
  /** When this was asked: nothing in it is older. */
  readonly sampledAtMs: number;
  readonly reached: readonly (readonly [stream: string, last: number])[];
  /** It has all that the other one had at that time; a server of which that is not known is not listed. */
  readonly freshAsOf: readonly (readonly [backend: string, atMs: number])[];
  /** Both threads run, no wilful delay, and not far behind: what it lacks may come within moments. */
  readonly keepsUp: boolean;
  /** It lost something that it had (was set up anew): what was proven about it before counts no more. */
  readonly setBack: boolean;
  /** Several streams grow side by side (MariaDB's domains): a transaction of one does not stand for what was before it in another. */
  readonly severalStreams: boolean;
  /** Since when it is primary: what is asked of it later tells what the cluster has. Absent for all others. */
  readonly primarySinceMs?: number;
}

/** The same with all times moved, for another process. */
export function shifted(report: PositionReport, byMs: number): PositionReport {
  return {
    backends: report.backends.map((each) => ({
      ...each,
      sampledAtMs: each.sampledAtMs + byMs,
      ...(each.primarySinceMs !== undefined && { primarySinceMs: each.primarySinceMs + byMs }),
      freshAsOf: each.freshAsOf.map(([backend, atMs]) => [backend, atMs + byMs] as const),
    })),
  };
}
