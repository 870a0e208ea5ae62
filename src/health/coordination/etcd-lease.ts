import type { Lease } from './coordinator.js';
import type { EtcdClient } from './etcd-client.js';

/** The right that comes with a key which etcd removes when its lease ends. */
export class EtcdLease implements Lease {
  readonly holder: string;
  readonly #client: EtcdClient;
  readonly #id: string;
  readonly #key: string;
  readonly #budgetMs: number;
  #untilMs: number;

  /**
   * @param id etcd's id of the lease, a decimal number as text
   * @param key that was put under it, with `holder` as its value
   * @param budgetMs longest wait for one question
   */
  constructor(client: EtcdClient, holder: string, id: string, key: string, untilMs: number, budgetMs: number) {
    this.#client = client;
    this.holder = holder;
    this.#id = id;
    this.#key = key;
    this.#untilMs = untilMs;
    this.#budgetMs = budgetMs;
  }

  remainingMs(): number {
    return Math.max(0, this.#untilMs - performance.now());
  }

  /** False also when etcd does not answer in time; then it may still be ours, and the next check may say so. */
  async check(): Promise<boolean> {
    if (this.remainingMs() === 0) return false;
    const askedMs = performance.now();
    try {
      const { result } = await this.#client.ask('/v3/lease/keepalive', { ID: this.#id }, this.#budgetMs);
      const seconds = Number((result as { TTL?: unknown } | undefined)?.TTL ?? 0);
      // A leader that was cut off may renew what others have long ended (etcd issue 15247); a transaction it cannot make.
      if (!(seconds > 0) || !(await this.#isOurs())) {
        this.#untilMs = 0;
        return false;
      }
      // Released, or found lost, while this question was under way.
      if (this.#untilMs === 0) return false;
      this.#untilMs = askedMs + seconds * 1000;
      return this.remainingMs() > 0;
    } catch {
      return false;
    }
  }

  ownThreads(): readonly number[] {
    return [];
  }

  async release(): Promise<void> {
    this.#untilMs = 0;
    await this.#client.ask('/v3/lease/revoke', { ID: this.#id }, this.#budgetMs).catch(() => undefined);
  }

  async #isOurs(): Promise<boolean> {
    const compare = [{ target: 'VALUE', key: this.#key, result: 'EQUAL', value: base64(this.holder) }];
    // With a read in it, or etcd 3.4 lets any member answer by itself, without a majority.
    const read = [{ request_range: { key: this.#key } }];
    const { succeeded } = await this.#client.ask('/v3/kv/txn', { compare, success: read, failure: read }, this.#budgetMs);
    return succeeded === true;
  }
}

/** Keys and values of the JSON gateway. */
export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
