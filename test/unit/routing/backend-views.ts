import type { BackendView, ClusterSnapshot } from '../../../src/topology/snapshot.js';

/** A healthy readable replica, changed as told. */
export function view(name: string, changes: Partial<BackendView> = {}): BackendView {
  return {
    name,
    address: { host: '10.0.0.1', port: 3306 },
    weight: 100,
    priority: 100,
    state: 'online',
    role: 'replica',
    readable: true,
    lagMs: 0,
    latencyMs: 1,
    identity: undefined,
    reason: '',
    lastError: undefined,
    ...changes,
  };
}

export function primary(name: string, changes: Partial<BackendView> = {}): BackendView {
  return view(name, { role: 'primary', readable: false, lagMs: undefined, ...changes });
}

/** The first backend of role primary is the primary unless told otherwise. */
export function snapshot(
  backends: readonly BackendView[],
  primaryName = backends.find(({ role }) => role === 'primary')?.name,
): ClusterSnapshot {
  return { cluster: 'main', version: 1, primary: primaryName, epoch: 1, backends };
}
