import type { DigestReport, SlowReport } from '../admin/admin-source.js';
import { STATEMENT_BOUNDS_SECONDS } from '../telemetry/durations.js';
import { percentile } from '../telemetry/percentile.js';
import type { StatementLists } from './statement-lists.js';

/** Digests and slow statements as `/api/v1/digests` shows them; times in ms. */
export function statementReports({ digests, slow }: StatementLists): {
  readonly digests: readonly DigestReport[];
  readonly slow: readonly SlowReport[];
} {
  return {
    digests: digests.map(({ hash, text, kind, schema, count, errors, rows, durations, maxSeconds, firstMs, lastMs }) => {
      const at = (share: number) => round((percentile(STATEMENT_BOUNDS_SECONDS, durations.counts, share) ?? 0) * 1000);
      return {
        hash,
        text,
        kind,
        schema: schema ?? null,
        count,
        errors,
        rows,
        totalMs: round(durations.sumSeconds * 1000),
        meanMs: round((durations.sumSeconds * 1000) / Math.max(1, count)),
        p50Ms: Math.min(at(0.5), round(maxSeconds * 1000)),
        p95Ms: Math.min(at(0.95), round(maxSeconds * 1000)),
        p99Ms: Math.min(at(0.99), round(maxSeconds * 1000)),
        maxMs: round(maxSeconds * 1000),
        firstMs,
        lastMs,
      };
    }),
    slow: slow.map(({ seconds, schema, ...rest }) => ({ ...rest, tookMs: round(seconds * 1000), schema: schema ?? null })),
  };
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
