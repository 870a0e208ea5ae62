import type { Stats } from '../telemetry/stats.js';
import type { ClusterLink } from '../topology/link.js';
import type { ClusterSnapshot } from '../topology/snapshot.js';

/** Keeps the role under which a backend's statements are counted in step with the cluster. */
export function followRoles(link: ClusterLink, stats: Stats): () => void {
  const follow = (snapshot: ClusterSnapshot) => {
    for (const backend of snapshot.backends) stats.backend(backend.name).role = backend.role;
  };
  follow(link.snapshot);
  return link.subscribe(follow);
}
