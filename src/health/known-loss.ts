import { holds, join, type Missing, missing, type Position, parsePosition } from '../topology/position.js';
import type { BackendWatch } from './backend-watch.js';
import type { FailoverContext } from './failover-context.js';

/** No promotion for now: transactions are known that no candidate has, and the configuration says to wait for them, or never to lose them. */
export class KnownLossError extends Error {
  readonly code = 'PM_HEALTH_KNOWN_LOSS';
}

/**
 * What a dead primary is known to have had and its best candidate has not, by the primary's last look and by what clients were told is
 * committed; and what `failover.onKnownLoss` makes of it.
 */
export class KnownLoss {
  readonly #context: FailoverContext;
  /** The primary whose return is waited for, as it was, and since when (`performance.now()`, ms). */
  #waiting: { readonly dead: string; readonly serial: number | undefined; readonly sinceMs: number } | undefined;
  #said = '';

  constructor(context: FailoverContext) {
    this.#context = context;
  }

  /**
   * @param best what the best candidate has, once it has applied what it received
   * @throws KnownLossError when it must not be promoted now
   */
  judge(dead: BackendWatch, name: string, best: Position): void {
    const { onKnownLoss } = this.#context.options.failover;
    const lost = this.#lost(dead, best);
    if (lost.gtids === '') {
      this.#waiting = undefined;
      this.#said = '';
      return;
    }
    const text = `${dead.name} had ${lost.count} transaction(s) that ${name}, the most advanced candidate, lacks: ${lost.gtids}`;
    if (onKnownLoss === 'report' || !this.#mustWait(dead)) return this.#say(`${text}; promoted all the same`);
    const wayOut = `start ${dead.name} again, or accept the loss: pointsman failover --to ${name}`;
    const why =
      onKnownLoss === 'refuse'
        ? 'not promoted (failover.onKnownLoss: refuse)'
        : `its return is waited for (failover.onKnownLoss: wait, up to ${this.#context.options.failover.catchUpTimeoutMs / 1000} s)`;
    this.#say(`${text}; ${why}: ${wayOut}`);
    throw new KnownLossError(`${text}; ${why}: ${wayOut}`);
  }

  #lost(dead: BackendWatch, best: Position): Missing {
    const { flavor } = best;
    const told = this.#context.acknowledgedAs(flavor);
    const seen = dead.sample?.flavor === flavor ? join(told, parsePosition(flavor, dead.sample.executed)) : told;
    return holds(best, seen) ? { gtids: '', count: 0 } : missing(best, seen);
  }

  #mustWait(dead: BackendWatch): boolean {
    const { onKnownLoss, catchUpTimeoutMs } = this.#context.options.failover;
    if (onKnownLoss === 'refuse') return true;
    const nowMs = performance.now();
    const serial = dead.incarnation?.serial;
    if (this.#waiting?.dead !== dead.name || this.#waiting.serial !== serial) this.#waiting = { dead: dead.name, serial, sinceMs: nowMs };
    return nowMs - this.#waiting.sinceMs < catchUpTimeoutMs;
  }

  /** Once: the promotion is tried again and again. */
  #say(text: string): void {
    if (this.#said === text) return;
    this.#said = text;
    const { cluster, log } = this.#context.options;
    this.#context.history.recorder.note(Date.now(), text);
    log.error({ cluster }, text);
  }
}
