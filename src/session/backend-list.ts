import type { ClusterSnapshot } from '../topology/snapshot.js';

/** For the texts of 9503: why nobody is promoted, where that is known, and each server with its state and last error. */
export function backendList(snapshot: ClusterSnapshot): string {
  const servers = snapshot.backends.map(({ name, state, lastError, reason }) => `${name} is ${state} (${lastError ?? reason})`).join(', ');
  return snapshot.stuck === undefined ? servers : `${snapshot.stuck}; ${servers}`;
}
