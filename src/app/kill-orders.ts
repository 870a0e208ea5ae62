import type { KillOrder, KillReport } from '../session/kill/kill-order.js';

/** Supervisor and workers live on one machine; a worker that takes longer is stuck, and KILL must be answered. */
const ORDER_TIMEOUT_MS = 2_000;

const UNKNOWN: KillReport = { kind: 'unknown' };

/** Orders on their way to another process, each waiting for its report. */
export class KillOrders {
  readonly #waiting = new Map<number, (report: KillReport) => void>();
  #request = 0;

  /** Hands an order to `send` and waits for `reported`; without a word in time nobody knows the victim. */
  ask(send: (request: number) => void): Promise<KillReport> {
    this.#request += 1;
    const request = this.#request;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.reported(request, UNKNOWN), ORDER_TIMEOUT_MS);
      this.#waiting.set(request, (report) => {
        clearTimeout(timer);
        resolve(report);
      });
      send(request);
    });
  }

  reported(request: number, report: KillReport): void {
    const resolve = this.#waiting.get(request);
    this.#waiting.delete(request);
    resolve?.(report);
  }
}

/**
 * Asks processes one after the other until one knows the victim: never two at a time, because two servers may have given the same
 * thread id, and only one session is meant.
 */
export async function askInTurn(order: KillOrder, processes: readonly ((order: KillOrder) => Promise<KillReport>)[]): Promise<KillReport> {
  for (const ask of processes) {
    const report = await ask(order);
    if (report.kind === 'found') return report;
  }
  return UNKNOWN;
}
