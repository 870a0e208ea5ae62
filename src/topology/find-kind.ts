import type { ServerSample } from './sample.js';
import type { Topology } from './snapshot.js';

/**
 * What `topology: auto` takes a cluster for. Pure. Galera and Group Replication are told by any one server; of the rest replication is the
 * only kind that needs no more than what servers say (`static` has to be configured: nothing tells two copies from two rivals).
 * @param before what it was taken for so far: stays, while no server says anything (all are down, or restarted and not yet joined)
 */
export function findKind(
  servers: readonly { readonly name: string; readonly sample: ServerSample | undefined }[],
  before: Topology | undefined,
): Topology {
  const galera = servers.find(({ sample }) => sample?.galera !== undefined);
  if (galera !== undefined) return { kind: 'galera', because: `found: ${galera.name} says wsrep_on=ON` };
  const group = servers.find(({ sample }) => sample?.group !== undefined);
  if (group !== undefined) return { kind: 'group-replication', because: `found: ${group.name} is a member of a replication group` };
  const replica = servers.find(({ sample }) => sample?.replica !== undefined && sample.replica !== 'hidden');
  if (replica !== undefined) return { kind: 'replication', because: `found: ${replica.name} replicates` };
  if (before !== undefined) return before;
  return { kind: 'replication', because: 'no server speaks of Galera or Group Replication' };
}
