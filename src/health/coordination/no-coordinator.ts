import type { Coordinator, Lease } from './coordinator.js';

/** For a single proxy: the lease is always there. What is left as protection is the GET_LOCK that a promotion takes on its candidate. */
export class NoCoordinator implements Coordinator {
  readonly kind = 'none';
  readonly #lease: Lease;

  constructor(holder: string) {
    this.#lease = {
      holder,
      remainingMs: () => Number.POSITIVE_INFINITY,
      check: () => Promise.resolve(true),
      ownThreads: () => [],
      release: () => Promise.resolve(),
    };
  }

  acquire(): Promise<Lease> {
    return Promise.resolve(this.#lease);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
