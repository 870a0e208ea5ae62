type Ending = 'SIGTERM' | 'SIGINT' | 'SIGHUP';
type Order = 'SIGHUP' | 'SIGUSR2';

/** The signals of a running proxy, in the order they come; none is lost between two waits, nor before somebody asks. */
export class Signals {
  readonly #endings: Ending[] = [];
  readonly #orders = new Map<Order, () => void>();
  readonly #early = new Set<Order>();
  #wake: () => void = () => undefined;

  constructor() {
    const ending = (signal: Ending) => () => {
      this.#endings.push(signal);
      this.#wake();
    };
    process.on('SIGTERM', ending('SIGTERM'));
    process.on('SIGINT', ending('SIGINT'));
    // A terminal that closes ends what runs in it; elsewhere SIGHUP is what people send to reload.
    process.on('SIGHUP', process.stdout.isTTY ? ending('SIGHUP') : () => this.#ordered('SIGHUP'));
    process.on('SIGUSR2', () => this.#ordered('SIGUSR2'));
  }

  /** The next signal to end that no earlier call took. */
  async next(): Promise<Ending> {
    for (;;) {
      const signal = this.#endings.shift();
      if (signal !== undefined) return signal;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Calls at each signal of this name; at once if there was one already. */
  on(signal: Order, carryOut: () => void): void {
    this.#orders.set(signal, carryOut);
    if (this.#early.delete(signal)) carryOut();
  }

  #ordered(signal: Order): void {
    const carryOut = this.#orders.get(signal);
    if (carryOut === undefined) this.#early.add(signal);
    else carryOut();
  }
}
