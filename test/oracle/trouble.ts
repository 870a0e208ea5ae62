import { setTimeout as sleep } from 'node:timers/promises';
import {
  awaitCaughtUp,
  awaitReplicating,
  follow,
  replicaStatement,
  replicationStatus,
  type Server,
  setReadOnly,
  until,
} from '../servers/servers.js';
import type { OracleWorld } from './oracle-world.js';
import type { Random } from './random.js';
import { otherSchemaOf, schemaOf } from './schema.js';

const LAG_MS = 1500;
/** A busy machine takes its time. */
const PATIENCE_MS = 120_000;

/** Makes trouble behind the proxy for as long as a soak run goes on: replicas that lag, servers that die, primaries that change. */
export class Trouble {
  readonly counts: Record<string, number> = {};
  readonly #world: OracleWorld;
  readonly #random: Random;
  readonly #lanes: number;
  readonly #say: (text: string) => void;

  constructor(world: OracleWorld, random: Random, lanes: number, say: (text: string) => void = () => undefined) {
    this.#world = world;
    this.#random = random;
    this.#lanes = lanes;
    this.#say = say;
  }

  /** Until `over` says so; pauses between two troubles. */
  async run(over: () => boolean): Promise<void> {
    while (!over()) {
      await sleep(500 + this.#random.below(2500));
      if (over()) return;
      await this.#once();
    }
  }

  async #once(): Promise<void> {
    const replica = this.#random.pick(this.#world.set.replicas);
    const [what, make] = this.#random.weighted<readonly [string, () => Promise<void>]>([
      [5, ['a replica delayed', () => this.#delayed(replica)]],
      [4, ['SQL thread stopped', () => this.#stopped(replica)]],
      [3, ['a replica killed and restarted', () => this.#replicaKilled(replica)]],
      [1, ['switchover', () => this.#switchover(replica)]],
      [1, ['primary killed, a replica promoted', () => this.#primaryKilled(replica)]],
    ]);
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    this.#say(what);
    await make();
  }

  async #delayed(replica: Server): Promise<void> {
    await delay(replica, 1);
    await sleep(LAG_MS * 2);
    await delay(replica, 0);
  }

  async #stopped(replica: Server): Promise<void> {
    await replica.sql(replicaStatement(replica, 'STOP', 'SQL_THREAD'));
    await sleep(LAG_MS);
    await replica.sql(replicaStatement(replica, 'START', 'SQL_THREAD'));
  }

  async #replicaKilled(replica: Server): Promise<void> {
    this.#world.disturb();
    await replica.kill9();
    await sleep(200);
    await replica.start();
    await setReadOnly(replica, true);
    await awaitReplicating(replica, PATIENCE_MS);
    this.#world.disturb();
  }

  /** Nobody is in the middle of a statement, and nothing is lost on the way: all differences that remain are the proxy's. */
  async #switchover(to: Server): Promise<void> {
    const { set } = this.#world;
    await this.#world.quietly(async () => {
      this.#world.disturb();
      // Locked tables, and transactions that rest on replicas, would hold everything up; nobody goes on before it is done.
      await this.#moveAll();
      // Before it turns read-only: the set waits for this too, but not as long.
      await caughtUp(to, set.primary);
      await this.#keepingCounters(() => set.switchOver(to));
      // Who was a primary's client before is one of a replica now.
      await this.#proxyFollows(to);
    });
    await Promise.all(set.replicas.map((replica) => awaitReplicating(replica, PATIENCE_MS)));
  }

  async #primaryKilled(to: Server): Promise<void> {
    const { set } = this.#world;
    const former = set.primary;
    await this.#world.quietly(async () => {
      this.#world.disturb();
      await this.#moveAll();
      // The others follow when they can: one that was just restarted needs its time.
      await caughtUp(to, former);
      await this.#keepingCounters(async () => {
        await former.kill9();
        await set.promote(to);
      });
      await this.#proxyFollows(to);
    });
    await former.start();
    await setReadOnly(former, true);
    if (former.flavor === 'mariadb') await former.sql('SET GLOBAL gtid_slave_pos=@@GLOBAL.gtid_binlog_pos');
    await follow(former, to);
    await Promise.all(set.replicas.map((replica) => awaitReplicating(replica, PATIENCE_MS)));
    this.#world.disturb();
  }

  /** AUTO_INCREMENT counters that no row tells of do not get to replicas; LAST_INSERT_ID() would differ for that reason alone. */
  async #keepingCounters(change: () => Promise<unknown>): Promise<void> {
    const counters: { table: string; next: number }[] = [];
    for (let lane = 0; lane < this.#lanes; lane++) {
      for (const table of [`${schemaOf(lane)}.item`, `${schemaOf(lane)}.part`, `${schemaOf(lane)}.extra`, `${otherSchemaOf(lane)}.item`]) {
        const [row] = await this.#world.set.primary.sql(`SHOW CREATE TABLE ${table}`).catch(() => []);
        const next = /AUTO_INCREMENT=(\d+)/.exec(String(row?.['Create Table'] ?? ''))?.[1];
        if (next !== undefined) counters.push({ table, next: Number(next) });
      }
    }
    await change();
    const root = await this.#world.set.primary.connectAsRoot();
    try {
      await root.query("SET sql_mode = ''");
      for (const { table, next } of counters) {
        // A row that is rolled back moves the counter all the same; one that is there already has moved it.
        await root.query('BEGIN');
        await root.query(`INSERT INTO ${table} (id) VALUES (${next - 1})`).catch(() => undefined);
        await root.query('ROLLBACK');
      }
    } finally {
      root.destroy();
    }
  }

  async #moveAll(): Promise<void> {
    for (let lane = 0; lane < this.#lanes; lane++) await this.#world.move('all', lane);
  }

  async #isPrimary(server: Server): Promise<boolean> {
    const answer = await fetch(`${this.#world.proxy.adminUrl}/api/v1/status`, { signal: AbortSignal.timeout(10_000) });
    const status = (await answer.json()) as { clusters: { backends: { name: string; role: string }[] }[] };
    return status.clusters[0]?.backends.find(({ name }) => name === server.name)?.role === 'primary';
  }

  /** Waits until the proxy has seen the change: what it says before would be read-only errors and held statements, no differences. */
  async #proxyFollows(to: Server): Promise<void> {
    await until(`the proxy sees that ${to.name} is the primary`, () => this.#isPrimary(to).catch(() => false), PATIENCE_MS);
  }
}

/** Says why, where it does not. */
async function caughtUp(replica: Server, source: Server): Promise<void> {
  try {
    await awaitCaughtUp(replica, source, PATIENCE_MS);
  } catch (error) {
    const status = await replicationStatus(replica).catch(() => undefined);
    throw new Error(`${(error as Error).message}: ${JSON.stringify(status)}`);
  }
}

export async function delay(replica: Server, seconds: number): Promise<void> {
  await replica.sql(replicaStatement(replica, 'STOP', 'SQL_THREAD'));
  // MySQL takes it while only the SQL thread rests; MariaDB wants both to.
  if (replica.flavor === 'mariadb') await replica.sql('STOP SLAVE');
  await replica.sql(`CHANGE MASTER TO MASTER_DELAY = ${seconds}`);
  await replica.sql(replicaStatement(replica, 'START'));
}
