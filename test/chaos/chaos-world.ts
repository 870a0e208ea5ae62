import { createConnection } from 'mysql2/promise';
import { type ClusterStatus, clusterStatus } from '../integration/cluster-status.js';
import { Random } from '../oracle/random.js';
import { DATABASE, PASSWORDS, type PointsmanProcess, type Server, type ServerGroup, startPointsman, until } from '../servers/servers.js';
import { BankClient, type Memory, makeBank, newMemory } from './bank-client.js';
import type { Loss } from './history.js';

const TOKEN = 'for-the-operators';
const CLIENTS = 8;

/** Servers, Pointsman in front of them and clients at work. */
export class ChaosWorld {
  readonly set: ServerGroup & { readonly flavor: 'mysql' | 'mariadb'; readonly primary: Server };
  readonly memory: Memory = newMemory();
  readonly losses: Loss[] = [];
  /** By deed: the longest time without an acknowledged write, ms. */
  readonly gapsMs: Record<string, number[]> = {};
  readonly #proxy: PointsmanProcess;
  readonly #clients: BankClient[] = [];
  #running: Promise<void>[] = [];

  private constructor(set: ChaosWorld['set'], proxy: PointsmanProcess) {
    this.set = set;
    this.#proxy = proxy;
  }

  /** @param set running; the world does not stop it */
  static async open(set: ChaosWorld['set'], seed: number, mode: 'promote' | 'follow'): Promise<ChaosWorld> {
    await makeBank(set.primary);
    const proxy = await startPointsman({
      set,
      mode,
      cluster: { replicas: { consistency: 'session' } },
      config: { admin: { token: TOKEN }, process: { workers: 1 } },
    });
    const world = new ChaosWorld(set, proxy);
    const login = { host: proxy.host, port: proxy.splitPort, user: 'app', password: PASSWORDS.app, database: DATABASE };
    for (let index = 0; index < CLIENTS; index += 1) {
      const connect = () => createConnection({ ...login, connectTimeout: 20_000 });
      world.#clients.push(new BankClient(connect, world.memory, set.flavor, new Random(seed + index)));
    }
    world.#running = world.#clients.map((client) => client.run());
    return world;
  }

  log(): string {
    return this.#proxy.log();
  }

  status(): Promise<ClusterStatus> {
    return clusterStatus(this.#proxy, TOKEN);
  }

  named(name: string | null): Server {
    const server = this.set.servers.find((each) => each.name === name);
    if (server === undefined) throw new Error(`no server ${name}`);
    return server;
  }

  /** The server that takes writes; waits until there is one. */
  async primary(): Promise<Server> {
    return this.named(await until('there is a primary', async () => (await this.status()).primary ?? undefined, 60_000));
  }

  /** Waits until another server is primary, and gives it. */
  async primaryAfter(old: Server): Promise<Server> {
    const changed = async () => {
      const { primary } = await this.status();
      return primary === null || primary === old.name ? undefined : primary;
    };
    return this.named(await until(`another primary than ${old.name}`, changed, 60_000));
  }

  /** Waits until all servers are in use again. False: one is kept apart, with transactions of its own, for an operator to look at. */
  async whole(): Promise<boolean> {
    const answer = await until(
      'all servers are in use again',
      async () => {
        const { primary, backends } = await this.status();
        if (backends.some(({ reason }) => reason.includes('quarantined'))) return 'apart';
        return primary !== null && backends.filter(({ readable }) => readable).length >= this.set.servers.length - 1 ? 'whole' : undefined;
      },
      90_000,
    );
    return answer === 'whole';
  }

  /** Waits until the clients got so many OKs more. */
  async atWork(writes = 20): Promise<void> {
    const wanted = this.memory.acknowledgedMs.length + writes;
    await until('the clients are at work', () => this.memory.acknowledgedMs.length >= wanted, 60_000);
  }

  /** The longest time since the deed without an acknowledged write. */
  noteGap(deed: string, sinceMs: number): void {
    const times = [sinceMs, ...this.memory.acknowledgedMs.filter((atMs) => atMs > sinceMs)];
    const gaps = times.map((atMs, index) => atMs - (times[index - 1] ?? atMs));
    this.gapsMs[deed] = [...(this.gapsMs[deed] ?? []), Math.round(Math.max(...gaps))];
  }

  /** @returns the HTTP status and what was said */
  async switchover(): Promise<{ status: number; text: string }> {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const url = `${this.#proxy.adminUrl}/api/v1/clusters/main/switchover`;
    const response = await fetch(url, { method: 'POST', headers, body: '{}' });
    return { status: response.status, text: await response.text() };
  }

  /** How many transactions the failover reports name as lost, all together. */
  async lostNamed(): Promise<number> {
    const response = await fetch(`${this.#proxy.adminUrl}/api/v1/failovers`, { headers: { authorization: `Bearer ${TOKEN}` } });
    const { failovers } = (await response.json()) as { failovers: { lostCount: number }[] };
    return failovers.reduce((sum, { lostCount }) => sum + lostCount, 0);
  }

  async stopClients(): Promise<void> {
    for (const client of this.#clients) client.stop();
    await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    await this.stopClients();
    await this.#proxy.stop();
  }
}
