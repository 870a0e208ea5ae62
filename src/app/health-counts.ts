import type { HealthEvent } from '../health/events.js';
import type { FailoverReport } from '../health/failover-report.js';
import type { Stats } from '../telemetry/stats.js';

/**
 * Turns the events of one monitor into counters.
 * @param reports the monitor's failovers, newest first; the one that ends with a new primary is complete when the event comes
 */
export function countHealth(stats: Stats, reports: () => readonly FailoverReport[]): (event: HealthEvent) => void {
  let counted: string | undefined;
  return (event) => {
    if (event.kind === 'probe') stats.backend(event.backend).checked(event.result === 'ok', event.latencyMs / 1000);
    if (event.kind !== 'primary' || event.to === undefined) return;
    const [report] = reports();
    if (report?.endedMs === undefined || report.kind === 'open' || report.id === counted) return;
    counted = report.id;
    // Traffic may have felt the loss before the monitor was sure of it; without such a signal there is nothing to measure from.
    const firstSignMs = Math.min(...report.timeline.map(({ sinceMs }) => sinceMs));
    stats.failover(report.kind, {
      ...(firstSignMs < 0 ? { detect: -firstSignMs / 1000 } : {}),
      wait: (report.tookMs ?? 0) / 1000,
    });
  };
}
