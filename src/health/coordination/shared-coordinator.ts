import type { Coordinator, CoordinatorKind, Lease } from './coordinator.js';

/** A lease is renewed this many times within its length. */
const renewalsPerLease = 3;

/**
 * One lease for all parts of this process: the first `acquire` takes it, the last `release` gives it back, in between it is renewed.
 * A lease that was lost stays lost for those who have it; the next `acquire` takes a new one.
 */
export class SharedCoordinator implements Coordinator {
  readonly kind: CoordinatorKind;
  readonly #take: () => Promise<Lease | undefined>;
  readonly #leaseMs: number;
  #held: { readonly lease: Lease; users: number; readonly timer: NodeJS.Timeout } | undefined;
  /** The last taking or giving back; the next one begins after it. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #onClose: () => void;
  #closed = false;

  /** @param take tries once to take the lease; undefined: somebody else has it */
  constructor(kind: CoordinatorKind, leaseMs: number, take: () => Promise<Lease | undefined>, onClose: () => void = () => undefined) {
    this.kind = kind;
    this.#leaseMs = leaseMs;
    this.#take = take;
    this.#onClose = onClose;
  }

  acquire(): Promise<Lease | undefined> {
    return this.#inTurn(async () => {
      if (this.#closed) return undefined;
      if (this.#held !== undefined && this.#held.lease.remainingMs() === 0) await this.#giveBack();
      if (this.#held === undefined) {
        const lease = await this.#take();
        if (lease === undefined) return undefined;
        const timer = setInterval(() => void lease.check(), this.#leaseMs / renewalsPerLease);
        this.#held = { lease, users: 0, timer };
      }
      this.#held.users += 1;
      return this.#share(this.#held.lease);
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#inTurn(async () => {
      await this.#giveBack();
      this.#onClose();
    });
  }

  #share(lease: Lease): Lease {
    let released = false;
    return {
      holder: lease.holder,
      remainingMs: () => (released ? 0 : lease.remainingMs()),
      check: () => (released ? Promise.resolve(false) : lease.check()),
      ownThreads: (backend) => lease.ownThreads(backend),
      release: () => {
        if (released) return Promise.resolve();
        released = true;
        return this.#inTurn(async () => {
          // Another one was taken since this one was lost.
          if (this.#held?.lease !== lease) return;
          this.#held.users -= 1;
          if (this.#held.users === 0) await this.#giveBack();
        });
      },
    };
  }

  async #giveBack(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    clearInterval(held.timer);
    await held.lease.release();
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
