import { type Lease, NoMajorityError } from './coordinator.js';
import { DatabaseLease } from './database-lease.js';
import { majorityOf } from './majority.js';
import { type LockServer, ServerLock } from './server-lock.js';

/** Once a majority is connected, the slower servers get this long. */
const stragglersMs = 50;
/** Two that begin at the same time and meet halfway both step back, for up to this long. */
const stepBackMs = 120;
const attempts = 4;

export interface DatabaseLocksOptions {
  readonly cluster: string;
  readonly holder: string;
  /** The cluster's servers as configured and the witnesses: the same in all proxies, each real server once. */
  readonly servers: readonly LockServer[];
  readonly leaseMs: number;
  /** Longest wait to connect to one server. */
  readonly connectMs: number;
}

/** Takes the lock of one server after the other, always in the same order, so that of two that race the slower stops at the first. */
export class DatabaseLocks {
  readonly #options: DatabaseLocksOptions;
  readonly #servers: readonly LockServer[];
  readonly #lockName: string;
  readonly #needed: number;
  readonly #seconds: number;
  readonly #askMs: number;

  constructor(options: DatabaseLocksOptions) {
    this.#options = options;
    this.#servers = [...options.servers].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#lockName = leaseLockName(options.cluster);
    this.#needed = majorityOf(options.servers.length);
    this.#seconds = Math.max(1, Math.floor(options.leaseMs / 1000));
    this.#askMs = Math.min(1000, options.leaseMs / 3);
  }

  /** One try. See `Coordinator.acquire`. */
  async take(): Promise<Lease | undefined> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const outcome = await this.#attempt();
      if (outcome instanceof DatabaseLease) return outcome;
      if (outcome === 'taken') return undefined;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * stepBackMs));
    }
    return undefined;
  }

  /** `taken`: somebody was there before us. `met`: somebody came from the other side while we were halfway. */
  async #attempt(): Promise<DatabaseLease | 'taken' | 'met'> {
    const { connected, missing } = await this.#connect();
    const held: ServerLock[] = [];
    const letGo = () => Promise.all(connected.map((lock) => lock.release(this.#askMs)));
    for (const lock of connected) {
      const taken = await lock.take(this.#askMs).catch((error: unknown) => {
        missing.push(`${lock.server}: ${text(error)}`);
        return undefined;
      });
      if (taken === true) held.push(lock);
      if (taken === false) {
        await letGo();
        return held.length === 0 ? 'taken' : 'met';
      }
    }
    if (held.length >= this.#needed) {
      return new DatabaseLease(this.#options.holder, held, this.#needed, this.#askMs, (wanted) => this.#more(wanted));
    }
    await letGo();
    throw new NoMajorityError(
      `${held.length} of ${this.#servers.length} servers answer, ${this.#needed} are needed for the lease (${missing.join('; ')})`,
    );
  }

  async #connect(): Promise<{ readonly connected: readonly ServerLock[]; readonly missing: string[] }> {
    const found = new Map<string, ServerLock>();
    const missing: string[] = [];
    let over = false;
    await new Promise<void>((resolve) => {
      let open = this.#servers.length;
      const one = (): void => {
        open -= 1;
        if (open === 0) resolve();
        else if (found.size === this.#needed) setTimeout(resolve, stragglersMs);
      };
      for (const server of this.#servers) {
        this.#dial(server)
          .then((lock) => (over ? lock.drop() : found.set(server.name, lock)))
          .catch((error: unknown) => missing.push(`${server.name}: ${text(error)}`))
          .finally(one);
      }
    });
    over = true;
    return { connected: this.#servers.flatMap(({ name }) => found.get(name) ?? []), missing };
  }

  /** The locks of those servers that are wanted and can be had. */
  async #more(wanted: (server: string) => boolean): Promise<readonly ServerLock[]> {
    const taken = this.#servers
      .filter(({ name }) => wanted(name))
      .map(async (server) => {
        const lock = await this.#dial(server).catch(() => undefined);
        if (lock === undefined) return [];
        if (await lock.take(this.#askMs).catch(() => false)) return [lock];
        lock.drop();
        return [];
      });
    return (await Promise.all(taken)).flat();
  }

  #dial(server: LockServer): Promise<ServerLock> {
    return ServerLock.connect(server, this.#lockName, this.#seconds, this.#options.connectMs);
  }
}

/** The lock that stands for the lease of a cluster. Lock names have at most 64 characters. */
export function leaseLockName(cluster: string): string {
  return `pointsman.lease.${cluster.replace(/[^\w.-]/g, '_')}`.slice(0, 64);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
