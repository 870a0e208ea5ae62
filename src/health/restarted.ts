import type { Incarnation } from './backend-watch.js';

/**
 * Did the server process start after this connection was made? Servers tell their start in whole seconds, so the true start lies in
 * the second after `startedMs`; what we saw with our own connections settles most cases exactly.
 * @param connectedAtMs `performance.now()` when the connection in question was made
 */
export function restartedSince(incarnation: Incarnation, connectedAtMs: number): boolean {
  // We had talked to this very process before the connection was made.
  if (incarnation.firstSeenMs <= connectedAtMs) return false;
  // Even the latest possible start lies before the connection.
  if (incarnation.startedMs + 1000 <= connectedAtMs) return false;
  // Started later, or within the same second: then the loss of what ran is assumed, which re-runs nothing it should not.
  return true;
}
