import type { Lease } from './coordinator.js';
import { enoughOf } from './majority.js';
import type { ServerLock } from './server-lock.js';

/** Servers whose lock is missing are tried again this often, ms. */
const regainEveryMs = 500;

/** The right that comes with the locks of a majority of servers. */
export class DatabaseLease implements Lease {
  readonly holder: string;
  readonly #needed: number;
  readonly #askMs: number;
  readonly #regain: (missing: (server: string) => boolean) => Promise<readonly ServerLock[]>;
  #locks: readonly ServerLock[];
  #lost = false;
  #regaining = false;
  #regainNotBeforeMs = performance.now() + regainEveryMs;

  /**
   * @param locks taken
   * @param needed how many of them are a majority
   * @param askMs longest wait for one server's answer
   * @param regain takes the locks of further servers, so that the majority outlives the loss of one that it began with
   */
  constructor(
    holder: string,
    locks: readonly ServerLock[],
    needed: number,
    askMs: number,
    regain: (missing: (server: string) => boolean) => Promise<readonly ServerLock[]>,
  ) {
    this.holder = holder;
    this.#locks = locks;
    this.#needed = needed;
    this.#askMs = askMs;
    this.#regain = regain;
  }

  remainingMs(): number {
    if (this.#lost) return 0;
    const untilMs = this.#locks.map((lock) => lock.untilMs).sort((a, b) => b - a)[this.#needed - 1] ?? 0;
    return Math.max(0, untilMs - performance.now());
  }

  async check(): Promise<boolean> {
    if (this.#lost) return false;
    const asked = this.#locks;
    const answers = asked.map((lock) => this.#renew(lock));
    if (!(await enoughOf(answers, this.#needed))) this.#lose();
    else void this.#complete();
    return !this.#lost;
  }

  ownThreads(backend: string): readonly number[] {
    return this.#locks.filter((lock) => lock.server === backend).map((lock) => lock.threadId);
  }

  async release(): Promise<void> {
    this.#lost = true;
    await Promise.all(this.#locks.map((lock) => lock.release(this.#askMs)));
    this.#locks = [];
  }

  async #renew(lock: ServerLock): Promise<boolean> {
    const held = await lock.renew(this.#askMs);
    if (!held) {
      lock.drop();
      this.#locks = this.#locks.filter((other) => other !== lock);
    }
    return held;
  }

  async #complete(): Promise<void> {
    if (this.#regaining || performance.now() < this.#regainNotBeforeMs) return;
    this.#regaining = true;
    const have = new Set(this.#locks.map((lock) => lock.server));
    const more = await this.#regain((server) => !have.has(server));
    this.#regaining = false;
    this.#regainNotBeforeMs = performance.now() + regainEveryMs;
    if (this.#lost) for (const lock of more) await lock.release(this.#askMs);
    else this.#locks = [...this.#locks, ...more];
  }

  #lose(): void {
    this.#lost = true;
    for (const lock of this.#locks) lock.drop();
    this.#locks = [];
  }
}
