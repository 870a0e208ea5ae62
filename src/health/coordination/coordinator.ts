/** `none`: one proxy only, nothing is asked. `database`: locks on a majority of servers. `etcd`: a key with a lease. */
export type CoordinatorKind = 'none' | 'database' | 'etcd';

/**
 * Decides which of several proxies may change the servers of a cluster. Nobody holds the lease while there is nothing to change: whoever
 * has found a reason acquires it, does one thing (a promotion, a rejoin, a switchover) and releases it.
 */
export interface Coordinator {
  readonly kind: CoordinatorKind;
  /**
   * Takes the cluster's lease; parts of one process share it, each releases its own.
   * @returns undefined when another process holds it: try again later, quietly
   * @throws NoMajorityError when nobody can have it at this moment as far as we see
   */
  acquire(): Promise<Lease | undefined>;
  /** Gives everything back. */
  close(): Promise<void>;
}

/** The right to change the servers of one cluster, renewed in the background until it is released or lost. A lost one never comes back. */
export interface Lease {
  /** Who has it, for people: host name, process id and a random part. */
  readonly holder: string;
  /** How long it certainly lasts if nothing more is heard, ms; 0 once lost, Infinity with `none`. */
  remainingMs(): number;
  /**
   * Renews it and tells whether it is held at this moment; asks the servers each time. To be called *after* the last use of the
   * connection that the next step goes to and right before that step: such a connection has a `wait_timeout` of at most the lease, so
   * whoever is paused in between finds it closed before anybody else can have the lease. `ControlLink.change` does so.
   */
  check(): Promise<boolean>;
  /** Thread ids of its own connections to this backend: whoever kills the others there spares them. */
  ownThreads(backend: string): readonly number[];
  release(): Promise<void>;
}

/** The lease cannot be had by us now: too few servers of the coordinator answer. */
export class NoMajorityError extends Error {
  readonly code = 'PM_HEALTH_NO_MAJORITY';
}

/** The lease was lost before a step; the step was not sent. */
export class LeaseLostError extends Error {
  readonly code = 'PM_HEALTH_LEASE_LOST';

  constructor(holder: string) {
    super(`the lease of ${holder} is lost: another proxy may be at work`);
  }
}
