import type { Socket } from 'node:net';

/** A process that serves clients. */
export interface Receiver {
  /** Clients it has, as far as is known. */
  readonly clients: number;
  /** Passes a socket to it; `done` is called when it has arrived, or never will. */
  send(listener: string, socket: Socket, done: () => void): void;
}

/** Clients that wait for a process while all have died at once. */
const MOST_WAITING = 1_024;

/**
 * Gives each accepted client to the process that has the fewest. node:cluster's own way loses clients that it has accepted and not yet
 * given away when the listening socket is closed, which an upgrade does under load.
 */
export class ClientDispatch {
  readonly #receivers: () => readonly Receiver[];
  readonly #waiting: { readonly listener: string; readonly socket: Socket }[] = [];
  #underWay = 0;
  #turn = 0;
  #whenQuiet: (() => void) | undefined;

  /** @param receivers those that take clients now */
  constructor(receivers: () => readonly Receiver[]) {
    this.#receivers = receivers;
  }

  give(listener: string, socket: Socket): void {
    const receiver = this.#next();
    if (receiver === undefined) {
      if (this.#waiting.length < MOST_WAITING) this.#waiting.push({ listener, socket });
      else socket.destroy();
      return;
    }
    this.#underWay += 1;
    receiver.send(listener, socket, () => {
      this.#underWay -= 1;
      if (this.#isQuiet) this.#whenQuiet?.();
    });
  }

  /** There is somebody again. */
  retry(): void {
    for (const { listener, socket } of this.#waiting.splice(0)) if (!socket.destroyed) this.give(listener, socket);
  }

  /** Settles once everybody who was accepted has arrived, at the latest after this time. */
  async quiet(timeoutMs: number): Promise<void> {
    if (this.#isQuiet) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#whenQuiet = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  get #isQuiet(): boolean {
    return this.#underWay === 0 && this.#waiting.length === 0;
  }

  /** The fewest clients; of equals each in turn. */
  #next(): Receiver | undefined {
    const receivers = this.#receivers();
    this.#turn += 1;
    let best: Receiver | undefined;
    for (let n = 0; n < receivers.length; n += 1) {
      const one = receivers[(this.#turn + n) % receivers.length];
      if (one !== undefined && (best === undefined || one.clients < best.clients)) best = one;
    }
    return best;
  }
}
