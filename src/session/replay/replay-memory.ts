/**
 * What recorded transactions of one cluster may take in this process. A plain count: whoever takes gives back.
 */
export class ReplayMemory {
  readonly perSessionBytes: number;
  readonly #limitBytes: number;
  #usedBytes = 0;

  /** @param limitBytes for all sessions of this process together */
  constructor(perSessionBytes: number, limitBytes: number) {
    this.perSessionBytes = perSessionBytes;
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** False: there is no room, and nothing was taken. */
  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.#limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
