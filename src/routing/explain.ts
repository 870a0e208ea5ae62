import type { BackendView, ClusterSnapshot } from '../topology/snapshot.js';
import type { Balancer } from './balancer.js';
import { leftOut, type Preferences, type Route } from './suitability.js';

/** A choice in words: what was chosen and why, and each backend that was left out and why. */
export function explainTarget(
  chosen: BackendView | undefined,
  route: Route,
  snapshot: ClusterSnapshot,
  preferences: Preferences,
  balancer: Pick<Balancer, 'outstanding'>,
): string {
  const others = snapshot.backends.filter((backend) => backend.name !== chosen?.name);
  const notes = others.map(
    (backend) => `${backend.name} ${leftOut(backend, route, snapshot, preferences) ?? passedOver(backend, chosen, balancer)}`,
  );
  const rest = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  if (chosen !== undefined) return `${chosen.name}: ${why(chosen, route, snapshot, balancer)}${rest}`;
  if (snapshot.backends.length === 0) return `no backend for route ${route}: the cluster has none`;
  return `no backend for route ${route}${snapshot.primary === undefined ? ', and no primary is known' : ''}${rest}`;
}

/** Every backend with why it was chosen or not, in words that follow its name; the chosen one first. */
export function explainBackends(
  chosen: BackendView | undefined,
  route: Route,
  snapshot: ClusterSnapshot,
  preferences: Preferences,
  balancer: Pick<Balancer, 'outstanding'>,
): readonly { readonly name: string; readonly chosen: boolean; readonly reason: string }[] {
  const others = snapshot.backends.filter((backend) => backend.name !== chosen?.name);
  const rejected = others.map((backend) => ({
    name: backend.name,
    chosen: false,
    reason: leftOut(backend, route, snapshot, preferences) ?? passedOver(backend, chosen, balancer),
  }));
  return chosen === undefined
    ? rejected
    : [{ name: chosen.name, chosen: true, reason: why(chosen, route, snapshot, balancer) }, ...rejected];
}

function why(chosen: BackendView, route: Route, snapshot: ClusterSnapshot, balancer: Pick<Balancer, 'outstanding'>): string {
  const suspect = chosen.state === 'suspect' ? ', suspect but the best there is' : '';
  if (chosen.name === snapshot.primary) return `the primary${route === 'replica' ? ', because no replica can take reads' : ''}${suspect}`;
  return `readable replica with the least work for its weight (${balancer.outstanding(chosen.name)} at work, weight ${chosen.weight})${suspect}`;
}

function passedOver(backend: BackendView, chosen: BackendView | undefined, balancer: Pick<Balancer, 'outstanding'>): string {
  if (backend.state === 'suspect') return 'is suspect and kept for need';
  if (backend.role === chosen?.role && backend.elsewhere === true && chosen.elsewhere !== true) return 'is in another zone';
  if (backend.role === chosen?.role) return `has ${balancer.outstanding(backend.name)} at work, weight ${backend.weight}`;
  return 'is the primary and left to writes';
}
