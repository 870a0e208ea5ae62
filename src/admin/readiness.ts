/** A role that is asked for by `/readyz?role=`. */
export type Route = 'primary' | 'replica';

/** A cluster as far as readiness is concerned. */
export interface ReadinessCluster {
  readonly name: string;
  /** Routes of the listeners that lead to it. */
  readonly routes: readonly (Route | 'split')[];
  /** How long statements wait for a server before they get an error. */
  readonly holdTimeoutMs: number;
}

/** Servers of a cluster that can take sessions now. */
export interface Targets {
  readonly primary: boolean;
  readonly readableReplicas: number;
}

/** The answer to `/readyz`; `reasons` is empty when ready. */
export interface ReadinessAnswer {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

interface ClusterState extends Omit<ReadinessCluster, 'holdTimeoutMs'> {
  holdTimeoutMs: number;
  targets: Targets;
  hadTarget: boolean;
  /** When its last target went; undefined while it has one. */
  withoutSinceMs: number | undefined;
}

/**
 * Whether clients should be sent here. Asked without a role: yes once all listeners are open and every cluster has had a target, and
 * also while statements are held; no while draining, and for a cluster that has been without any target for `holdTimeoutMs`.
 * Reads go on without a primary, so a cluster with a replica listener has a target while any of its servers takes sessions; one
 * with only primary listeners needs a primary. Asked for a role: yes only if that role's sessions have a server at this moment.
 */
export class Readiness {
  readonly #clusters = new Map<string, ClusterState>();
  #listenersOpen = false;
  #draining = false;

  constructor(clusters: readonly ReadinessCluster[], nowMs: number) {
    for (const cluster of clusters) {
      const targets = { primary: false, readableReplicas: 0 };
      this.#clusters.set(cluster.name, { ...cluster, targets, hadTarget: false, withoutSinceMs: nowMs });
    }
  }

  /** How long statements wait for a server has changed. */
  setHoldTimeout(cluster: string, holdTimeoutMs: number): void {
    const state = this.#clusters.get(cluster);
    if (state !== undefined) state.holdTimeoutMs = holdTimeoutMs;
  }

  /** All listeners accept connections. */
  listenersOpened(): void {
    this.#listenersOpen = true;
  }

  /** From now on the answer is no. */
  startDraining(): void {
    this.#draining = true;
  }

  /** What a cluster's newest snapshot offers; `nowMs` from a clock that does not jump, the same as for `answer`. */
  observe(cluster: string, targets: Targets, nowMs: number): void {
    const state = this.#clusters.get(cluster);
    if (state === undefined) return;
    state.targets = targets;
    if (hasTarget(state)) {
      state.hadTarget = true;
      state.withoutSinceMs = undefined;
    } else state.withoutSinceMs ??= nowMs;
  }

  answer(role: Route | undefined, nowMs: number): ReadinessAnswer {
    const reasons: string[] = [];
    if (this.#draining) reasons.push('draining: this process is about to end');
    if (!this.#listenersOpen) reasons.push('not all listeners are open yet');
    for (const state of this.#clusters.values()) {
      const reason = role === undefined ? generalReason(state, nowMs) : roleReason(state, role);
      if (reason !== undefined) reasons.push(reason);
    }
    return { ready: reasons.length === 0, reasons };
  }
}

function hasTarget({ routes, targets }: ClusterState): boolean {
  return targets.primary || (routes.some((route) => route !== 'primary') && targets.readableReplicas > 0);
}

function generalReason(state: ClusterState, nowMs: number): string | undefined {
  if (!state.hadTarget) return `cluster ${state.name} has had no server that takes sessions yet`;
  if (state.withoutSinceMs === undefined) return undefined;
  const withoutMs = nowMs - state.withoutSinceMs;
  if (withoutMs < state.holdTimeoutMs) return undefined;
  return `cluster ${state.name} has had no server that takes sessions for ${Math.round(withoutMs / 1000)} s`;
}

function roleReason({ name, targets }: ClusterState, role: Route): string | undefined {
  if (targets.primary) return undefined;
  if (role === 'primary') return `cluster ${name} has no primary`;
  return targets.readableReplicas > 0 ? undefined : `cluster ${name} has no replica fit for reads, and no primary to stand in`;
}
