import type { ClusterServices, Route, SessionRoute } from './services.js';

/** Where a login is proven: in a split session where it can write, else wherever there is somebody to judge it. */
export function loginRoute(cluster: ClusterServices, route: SessionRoute): Route {
  if (route !== 'split') return route;
  return cluster.router.choose('primary', cluster.link.snapshot).kind === 'backend' ? 'primary' : 'replica';
}
