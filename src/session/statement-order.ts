import type { Ruling } from '../routing/rules/ruling.js';
import type { Hints } from '../sql/hints.js';
import type { ClusterSnapshot } from '../topology/snapshot.js';
import { backendNamed } from '../topology/snapshot.js';
import type { StatementOrder } from './statement.js';

/** By name; `ClusterServices` fit. */
type Clusters = ReadonlyMap<string, { readonly link: { readonly snapshot: ClusterSnapshot } }>;

/**
 * What rules and hints say about a statement's target, taken together: a hint goes before the target that a session stays with, and that before
 * a rule. A backend that does not exist is passed over.
 * @param home the cluster it goes to where nobody says otherwise
 */
export function orderOf(
  clusters: Clusters,
  home: string,
  ruling: Ruling | undefined,
  sticky: StatementOrder | undefined,
  hints: Hints | undefined,
): StatementOrder {
  const ruled = sticky ?? (ruling === undefined ? {} : orderOfRuling(clusters, home, ruling));
  const consistency = hints?.consistency ?? ruling?.consistency;
  const target = (hints === undefined ? undefined : orderOfHint(clusters, ruled, home, hints)) ?? ruled;
  const commitGuard = ruling?.commitGuard;
  return { ...target, ...(consistency !== undefined && { consistency }), ...(commitGuard !== undefined && { commitGuard }) };
}

export function orderOfRuling(clusters: Clusters, home: string, { route, cluster, backend }: Ruling): StatementOrder {
  const place = cluster === undefined ? {} : { cluster };
  if (backend !== undefined) return orderOfBackend(clusters, [cluster ?? home], backend) ?? place;
  return route === undefined ? place : { ...place, route };
}

function orderOfHint(clusters: Clusters, ruled: StatementOrder, home: string, { target, backend }: Hints): StatementOrder | undefined {
  const cluster = ruled.cluster ?? home;
  if (backend !== undefined) return orderOfBackend(clusters, [cluster], backend);
  if (target === undefined) return undefined;
  return ruled.cluster === undefined ? { route: target } : { cluster: ruled.cluster, route: target };
}

/** One server: by the route that leads to it, whatever the statement is. */
function orderOfBackend(clusters: Clusters, within: readonly string[], backend: string): StatementOrder | undefined {
  for (const cluster of within) {
    const snapshot = clusters.get(cluster)?.link.snapshot;
    if (snapshot === undefined || backendNamed(snapshot, backend) === undefined) continue;
    return { cluster, backend, route: snapshot.primary === backend ? 'primary' : 'replica' };
  }
  return undefined;
}
