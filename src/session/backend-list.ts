import type { ClusterSnapshot } from '../topology/snapshot.js';

/** Each server with its state and last error, for the texts of 9503. */
export function backendList(snapshot: ClusterSnapshot): string {
  return snapshot.backends.map(({ name, state, lastError, reason }) => `${name} is ${state} (${lastError ?? reason})`).join(', ');
}
