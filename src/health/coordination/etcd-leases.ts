import { type Lease, NoMajorityError } from './coordinator.js';
import type { EtcdClient } from './etcd-client.js';
import { base64, EtcdLease } from './etcd-lease.js';

export interface EtcdLeasesOptions {
  readonly client: EtcdClient;
  readonly cluster: string;
  readonly holder: string;
  /** Before the cluster's name in the key. */
  readonly prefix: string;
  readonly leaseMs: number;
}

/** Takes the lease of a cluster in etcd: a key that is put only where there is none. */
export class EtcdLeases {
  readonly #options: EtcdLeasesOptions;
  readonly #key: string;
  readonly #budgetMs: number;
  #serial = 0;

  constructor(options: EtcdLeasesOptions) {
    this.#options = options;
    this.#key = base64(leaseKey(options.prefix, options.cluster));
    // Half of the lease: an election among etcd's servers passes in it, and who waited so long still has the other half.
    this.#budgetMs = options.leaseMs / 2;
  }

  /** One try. See `Coordinator.acquire`. */
  async take(): Promise<Lease | undefined> {
    const { client, leaseMs } = this.#options;
    const askedMs = performance.now();
    try {
      const grant = await client.ask('/v3/lease/grant', { TTL: Math.max(1, Math.floor(leaseMs / 1000)) }, this.#budgetMs);
      const id = String(grant['ID']);
      this.#serial += 1;
      // Differs each time, so that what is left of an earlier one is not taken for this one.
      const holder = `${this.#options.holder}:${this.#serial}`;
      const untilMs = askedMs + Number(grant['TTL']) * 1000;
      const lease = new EtcdLease(client, holder, id, this.#key, untilMs, this.#budgetMs);
      if (await this.#put(id, holder)) return lease;
      await lease.release();
      return undefined;
    } catch (error) {
      throw new NoMajorityError(error instanceof Error ? error.message : String(error));
    }
  }

  async #put(id: string, holder: string): Promise<boolean> {
    const key = this.#key;
    const answer = await this.#options.client.ask(
      '/v3/kv/txn',
      {
        compare: [{ target: 'CREATE', key, result: 'EQUAL', create_revision: '0' }],
        success: [{ request_put: { key, value: base64(holder), lease: id } }],
        failure: [{ request_range: { key } }],
      },
      this.#budgetMs,
    );
    return answer['succeeded'] === true || foundValue(answer) === base64(holder);
  }
}

/** Asked twice because the first answer was lost, we find what we put ourselves. */
function foundValue(answer: Readonly<Record<string, unknown>>): string | undefined {
  const [response] = (answer['responses'] ?? []) as { response_range?: { kvs?: { value?: string }[] } }[];
  return response?.response_range?.kvs?.[0]?.value;
}

/** The key that stands for the lease of a cluster. */
export function leaseKey(prefix: string, cluster: string): string {
  return `${prefix}${cluster}/lease`;
}
