import { replicaOf, type ServerSample } from './sample.js';
import type { Address } from './snapshot.js';

/** Name of each server's source; `outside` is a source that is no member; absent from the map: none is configured. */
export type Sources = ReadonlyMap<string, string>;

/**
 * Finds each server's source among the members: by the id the replica has seen (exact, whatever address it uses), else by an
 * address the member is configured with or reports for its replicas. A hidden status counts as no source known.
 */
export function findSources(
  servers: readonly { readonly name: string; readonly address: Address; readonly sample: ServerSample | undefined }[],
): Sources {
  const sources = new Map<string, string>();
  for (const server of servers) {
    const replica = replicaOf(server.sample);
    if (replica === undefined) continue;
    const others = servers.filter((other) => other.name !== server.name);
    const byId = others.find((other) => replica.sourceId !== '' && replica.sourceId !== '0' && other.sample?.id === replica.sourceId);
    const at = (host: string, port: number) => port === replica.sourcePort && host.toLowerCase() === replica.sourceHost.toLowerCase();
    const byAddress = others.find(
      ({ address, sample }) =>
        at(address.host, address.port) || (sample !== undefined && sample.reportHost !== '' && at(sample.reportHost, sample.reportPort)),
    );
    // While connected the id is exact, whatever way the replica takes; after CHANGE MASTER it may still be the old source's.
    const found = replica.receiver === 'Yes' ? (byId ?? byAddress) : (byAddress ?? byId);
    sources.set(server.name, (found ?? onlyUnseen(others, replica.sourcePort))?.name ?? 'outside');
  }
  return sources;
}

/**
 * A member that nobody could look at yet (dead since before this process started) may be known to its replicas by another address than
 * to us. When just one such member has the port that the replica names, it is that one.
 */
function onlyUnseen<Member extends { readonly address: Address; readonly sample: ServerSample | undefined }>(
  members: readonly Member[],
  port: number,
): Member | undefined {
  const unseen = members.filter(({ address, sample }) => sample === undefined && address.port === port);
  return unseen.length === 1 ? unseen[0] : undefined;
}

/** True when following the sources from `name` arrives at `target`. */
export function leadsTo(name: string, target: string, sources: Sources): boolean {
  let at = sources.get(name);
  for (let hops = 0; at !== undefined && hops <= sources.size; hops += 1) {
    if (at === target) return true;
    at = sources.get(at);
  }
  return false;
}
