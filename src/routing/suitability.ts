import type { BackendView, ClusterSnapshot } from '../topology/snapshot.js';

/** Where a session or a statement wants to go. */
export type Route = 'primary' | 'replica';

export interface Preferences {
  /** Backends not to use, by name (a re-run avoids the server that just failed). */
  readonly exclude?: ReadonlySet<string>;
  /** Oldest data a suspect replica may serve, ms; absent: its lag only has to be known. For online ones the snapshot says `readable`. */
  readonly maxLagMs?: number;
}

/**
 * How well a backend suits a route: 1 is best, undefined is not at all. For replica reads: a readable replica in our zone, one elsewhere, the
 * online primary, a suspect replica, the suspect primary: who is suspect gets work only when nobody else can take it.
 */
export function suitability(backend: BackendView, route: Route, snapshot: ClusterSnapshot, preferences: Preferences): number | undefined {
  return leftOut(backend, route, snapshot, preferences) === undefined ? rank(backend, snapshot) : undefined;
}

function rank(backend: BackendView, snapshot: ClusterSnapshot): number {
  const isPrimary = backend.name === snapshot.primary;
  if (backend.state !== 'online') return isPrimary ? 5 : 4;
  if (isPrimary) return 3;
  // One of weight 0 takes nothing while another can, wherever that is.
  return backend.elsewhere === true || backend.weight === 0 ? 2 : 1;
}

/** Why a backend cannot serve a route, in words that follow its name; undefined when it can. */
export function leftOut(backend: BackendView, route: Route, snapshot: ClusterSnapshot, preferences: Preferences): string | undefined {
  const { state } = backend;
  if (preferences.exclude?.has(backend.name) === true) return 'was tried just now';
  if (state === 'draining' || state === 'maintenance') return `is ${state === 'draining' ? state : 'in maintenance'}`;
  if (state === 'down') return withReason('is down', backend);
  const { handover, pause } = snapshot;
  if (pause !== undefined) return `takes nothing new: the cluster is paused by ${pause.by}`;
  if (route === 'primary' && handover?.from === backend.name) return `hands its role over to ${handover.to ?? 'another server'}`;
  if (backend.name === snapshot.primary) return undefined;
  if (route === 'primary') return withReason(`is not the primary (role ${backend.role})`, backend);
  if (backend.role !== 'replica') return withReason('is no replica', backend);
  return state === 'suspect' ? tooOld(backend, preferences.maxLagMs) : notReadable(backend, preferences.maxLagMs);
}

function tooOld(backend: BackendView, maxLagMs: number | undefined): string | undefined {
  if (backend.lagMs === undefined) return withReason('is suspect and its lag is not known', backend);
  return maxLagMs !== undefined && backend.lagMs > maxLagMs
    ? `is suspect and lags ${seconds(backend.lagMs)} > ${seconds(maxLagMs)}`
    : undefined;
}

function notReadable(backend: BackendView, maxLagMs: number | undefined): string | undefined {
  if (backend.readable) return undefined;
  if (backend.lagMs !== undefined && maxLagMs !== undefined && backend.lagMs > maxLagMs)
    return `takes no reads: lag ${seconds(backend.lagMs)} > ${seconds(maxLagMs)}`;
  return withReason(backend.lagMs === undefined ? 'takes no reads' : `takes no reads, lag ${seconds(backend.lagMs)}`, backend);
}

function withReason(text: string, backend: BackendView): string {
  const more = [backend.reason, backend.lastError].filter((part) => part !== undefined && part !== '');
  return more.length === 0 ? text : `${text}: ${more.join('; ')}`;
}

/** `0.2 s`, `12 s`. */
export function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0))} s`;
}
