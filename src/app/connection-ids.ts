/** Ours begin here, so that they never look like a server's. */
const FIRST = 2 ** 30;
const BITS_PER_WORKER = 22;
const PER_WORKER = 2 ** BITS_PER_WORKER;

/** Connection ids of one process: from 2^30 up, the worker in the upper bits, unique in the process group while they are in use. */
export class ConnectionIds {
  readonly #base: number;
  readonly #inUse = new Set<number>();
  #next = 1;

  constructor(workerIndex: number) {
    this.#base = FIRST + (workerIndex % 256) * PER_WORKER;
  }

  take(): number {
    for (;;) {
      const id = this.#base + this.#next;
      this.#next = (this.#next + 1) % PER_WORKER;
      if (this.#inUse.has(id)) continue;
      this.#inUse.add(id);
      return id;
    }
  }

  release(id: number): void {
    this.#inUse.delete(id);
  }
}

/** Index of the worker that gave an id; undefined for ids that are not ours. */
export function workerOf(id: number): number | undefined {
  return id < FIRST ? undefined : Math.floor((id - FIRST) / PER_WORKER);
}
