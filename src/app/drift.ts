import type { ClusterSnapshot } from '../topology/snapshot.js';
import type { Reloader } from './reloader.js';

/** Something that was changed at run time and is in no file: a restart forgets it. */
export interface RuntimeChange {
  /** `clusters.main.backends[db2].state`. */
  readonly key: string;
  readonly value: string;
  readonly reason: string;
}

/** In what the running process differs from its file. */
export function driftReport(reloader: Reloader, file: string | undefined, clusters: readonly ClusterSnapshot[]): object {
  return { file: file ?? null, version: reloader.version, ...reloader.unapplied(), runtime: clusters.flatMap(runtimeChanges) };
}

/** Operators take servers out and let clusters pause; nothing else changes what the file says. */
function runtimeChanges({ cluster, backends, pause }: ClusterSnapshot): readonly RuntimeChange[] {
  const away = backends
    .filter(({ state }) => state === 'draining' || state === 'maintenance')
    .map(({ name, state, reason }) => ({ key: `clusters.${cluster}.backends[${name}].state`, value: state, reason }));
  return pause === undefined ? away : [{ key: `clusters.${cluster}`, value: 'paused', reason: `by ${pause.by}` }, ...away];
}
