import type { Inquiry } from '../client/inquiry.js';

/** So many logins of clients not yet proven may be open at a cluster's servers at once, from one process, and for one client address. */
const MOST = 32;
const MOST_PER_ADDRESS = 8;

interface Waiting {
  readonly address: string;
  go(): void;
}

/**
 * Bounds what clients that have proven nothing can make of the servers' connections: whoever opens logins and never answers holds a few of them,
 * not all (`max_connections`). The others wait in line; each has its own time limit.
 */
export class InquiryGate {
  readonly #waiting = new Set<Waiting>();
  readonly #byAddress = new Map<string, number>();
  #open = 0;

  /**
   * Begins an inquiry, now or when there is room.
   * @param begin is given what to call when its inquiry has ended by itself
   */
  enter(address: string, begin: (ended: () => void) => Inquiry): Inquiry {
    let inquiry: Inquiry | undefined;
    let over = false;
    const leave = () => {
      if (over) return;
      over = true;
      this.#leave(address);
    };
    const waiting: Waiting = {
      address,
      go: () => {
        this.#count(address, 1);
        inquiry = begin(leave);
      },
    };
    if (this.#hasRoom(address)) waiting.go();
    else this.#waiting.add(waiting);
    return {
      answer: (answer) => inquiry?.answer(answer),
      abandon: () => {
        if (this.#waiting.delete(waiting)) return;
        inquiry?.abandon();
        leave();
      },
    };
  }

  #hasRoom(address: string): boolean {
    return this.#open < MOST && (this.#byAddress.get(address) ?? 0) < MOST_PER_ADDRESS;
  }

  #count(address: string, by: number): void {
    this.#open += by;
    const here = (this.#byAddress.get(address) ?? 0) + by;
    if (here === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, here);
  }

  #leave(address: string): void {
    this.#count(address, -1);
    for (const waiting of this.#waiting) {
      if (this.#open >= MOST) return;
      if (!this.#hasRoom(waiting.address)) continue;
      this.#waiting.delete(waiting);
      waiting.go();
    }
  }
}
