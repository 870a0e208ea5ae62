import type { HealthEvent } from '../health/events.js';
import type { Stats } from '../telemetry/stats.js';

/** Turns the monitor's events into counters. */
export function countHealth(stats: Stats): (event: HealthEvent) => void {
  return (event) => {
    if (event.kind === 'probe') stats.backend(event.backend).checked(event.result === 'ok', event.latencyMs / 1000);
  };
}
