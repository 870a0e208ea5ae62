import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import {
  type Flavor,
  PASSWORDS,
  type ReplicationSet,
  replicationStatus,
  reservePorts,
  type Server,
  startReplication,
  startStandalone,
  until,
} from '../servers/servers.js';
import { CuttableWay } from './cuttable-way.js';
import type { Move } from './operation.js';
import type { Stage } from './play.js';
import { accountStatements, LANE_PASSWORD, otherSchemaOf, otherUserOf, schemaOf, schemaStatements, userOf } from './schema.js';

export interface OracleOptions {
  readonly flavor: Flavor;
  /** Sequences that may run side by side. */
  readonly lanes: number;
  readonly replicas?: number;
  readonly route?: 'split' | 'primary';
  /** Merged over the configuration of the cluster. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** Before each command the replicas are waited for: whatever then differs is not because of their being behind. For a search of causes. */
  readonly neverBehind?: boolean;
}

// Nobody waits for a lock longer than a player waits for an answer.
// MariaDB's mixed format replays statements, some of which a replica refuses (a zero date as parameter) or reads otherwise.
const SERVER_ARGS = ['--innodb-lock-wait-timeout=10', '--lock-wait-timeout=15', '--binlog-format=ROW'];

/**
 * A primary with replicas and Pointsman in front, and a server of the same kind alone, whose answers are the truth. The proxy reaches
 * its servers by ways that can be cut for one session.
 */
export class OracleWorld implements Stage {
  readonly flavor: Flavor;
  readonly set: ReplicationSet;
  readonly alone: Server;
  readonly proxy: RunningPointsman;
  readonly proxyPort: number;
  readonly #ways: ReadonlyMap<Server, CuttableWay>;
  readonly #auditors = new Map<Server, ReturnType<Server['connectAsRoot']>>();
  #gate: Promise<void> | undefined;
  #underWay = 0;
  #disturbances = 0;
  readonly #neverBehind: boolean;
  readonly #ended: () => Promise<void>;

  private constructor(
    parts: {
      set: ReplicationSet;
      alone: Server;
      proxy: RunningPointsman;
      proxyPort: number;
      ways: ReadonlyMap<Server, CuttableWay>;
      neverBehind: boolean;
    },
    ended: () => Promise<void>,
  ) {
    this.flavor = parts.set.flavor;
    this.set = parts.set;
    this.alone = parts.alone;
    this.proxy = parts.proxy;
    this.proxyPort = parts.proxyPort;
    this.#ways = parts.ways;
    this.#neverBehind = parts.neverBehind;
    this.#ended = ended;
  }

  static async start(options: OracleOptions): Promise<OracleWorld> {
    const { flavor, lanes, replicas = 2, route = 'split' } = options;
    const ends: (() => Promise<unknown>)[] = [];
    const endAll = async (): Promise<void> => {
      for (const end of ends.reverse()) await end();
    };
    try {
      const [set, reference] = await Promise.all([
        startReplication({ flavor, replicas, extraArgs: SERVER_ARGS }),
        startStandalone({ flavor, extraArgs: SERVER_ARGS }),
      ]);
      ends.push(
        () => set.stop(),
        () => reference.stop(),
      );
      const alone = reference.server;
      await Promise.all([set.primary, alone].map((server) => setUp(server, lanes)));
      await set.caughtUp();
      const ways = new Map<Server, CuttableWay>();
      for (const server of set.servers) {
        const way = await CuttableWay.open(server);
        ways.set(server, way);
        ends.push(() => way.close());
      }
      const [reserved] = await reservePorts(1);
      if (reserved === undefined) throw new Error('no port');
      ends.push(async () => reserved.release());
      const proxy = await startPointsman({
        servers: set.servers.map((server) => ({ name: server.name, host: '127.0.0.1', port: ways.get(server)?.port ?? 0 })),
        backend: { readDelayed: true },
        config: {
          listeners: [{ name: 'oracle', address: `127.0.0.1:${reserved.port}`, cluster: 'main', route }],
          // A busy machine is no dead server.
          clusters: { main: { monitor: { timeout: '5s', downAfter: 3 }, ...options.cluster } },
          users: [...accounts(lanes), { name: 'app', password: PASSWORDS.app }],
        },
      });
      ends.push(() => proxy.stop());
      return new OracleWorld({ set, alone, proxy, proxyPort: reserved.port, ways, neverBehind: options.neverBehind === true }, endAll);
    } catch (error) {
      await endAll().catch(() => undefined);
      throw error;
    }
  }

  directPort = (): number => this.alone.port;

  async enter(): Promise<void> {
    while (this.#gate !== undefined) await this.#gate;
    this.#underWay++;
    if (this.#neverBehind) await this.set.caughtUp();
  }

  leave(): void {
    this.#underWay--;
  }

  get disturbances(): number {
    return this.#disturbances;
  }

  /** A server is about to be taken away: errors that tell of a loss are in order from now on, for whoever is under way. */
  disturb(): void {
    this.#disturbances++;
  }

  /** Does something while no command is under way anywhere. */
  async quietly(what: () => Promise<void>): Promise<void> {
    let open: () => void = () => undefined;
    this.#gate = new Promise((resolve) => (open = resolve));
    try {
      await until('no command is under way', () => this.#underWay === 0, 60_000);
      await what();
    } finally {
      this.#gate = undefined;
      open();
    }
  }

  async move(what: Move, lane: number): Promise<void> {
    const servers = what === 'all' ? this.set.servers : what === 'primary' ? [this.set.primary] : this.set.replicas;
    let cut = 0;
    for (const server of servers)
      for (const user of [userOf(lane), otherUserOf(lane)]) cut += (await this.#ways.get(server)?.cut(user)) ?? 0;
    // The proxy should see it before the next command, as it does when nobody is in a hurry: a command on its way would be lost too.
    if (cut > 0) await sleep(20);
  }

  /** Makes both sides the same again. */
  async freshLane(lane: number): Promise<void> {
    await this.enter();
    try {
      await Promise.all([this.set.primary, this.alone].map((server) => runAll(server, schemaStatements(lane))));
    } finally {
      this.leave();
    }
    // Sequences begin with writes of their own, behind which they read what these have made, too.
    if (this.#disturbances > 0) return;
    try {
      await this.set.caughtUp();
    } catch (error) {
      const statuses = await Promise.all(this.set.replicas.map((replica) => replicationStatus(replica).catch(() => undefined)));
      throw new Error(
        `${(error as Error).message}: ${statuses.map((status) => status?.sqlError || status?.ioError || 'no error').join('; ')}`,
      );
    }
  }

  async rows(lane: number): Promise<readonly [string, string] | undefined> {
    const [schema, other] = [schemaOf(lane), otherSchemaOf(lane)];
    const sql = `CHECKSUM TABLE ${schema}.item, ${schema}.part, ${schema}.plain, ${other}.item`;
    await this.enter();
    try {
      const [direct = '', proxy = ''] = await Promise.all(
        [this.alone, this.set.primary].map(async (server) => {
          const connection = await this.#auditor(server);
          const [sums] = await connection.query(sql);
          return JSON.stringify(sums);
        }),
      );
      return [direct, proxy];
    } catch {
      // A server that has just been taken away.
      this.#auditors.clear();
      return undefined;
    } finally {
      this.leave();
    }
  }

  /** One connection to each server, for all lanes. */
  #auditor(server: Server): ReturnType<Server['connectAsRoot']> {
    const known = this.#auditors.get(server) ?? server.connectAsRoot();
    this.#auditors.set(server, known);
    return known;
  }

  async stop(): Promise<void> {
    for (const connection of this.#auditors.values()) connection.then((it) => it.destroy()).catch(() => undefined);
    await this.#ended();
  }
}

function accounts(lanes: number): { name: string; password: string }[] {
  return Array.from({ length: lanes }, (_, lane) => [userOf(lane), otherUserOf(lane)])
    .flat()
    .map((name) => ({ name, password: LANE_PASSWORD }));
}

async function runAll(server: Server, statements: readonly string[]): Promise<void> {
  const root = await server.connectAsRoot();
  try {
    for (const statement of statements) await root.query(statement);
  } finally {
    root.destroy();
  }
}

async function setUp(server: Server, lanes: number): Promise<void> {
  const schemas = Array.from({ length: lanes }, (_, lane) => schemaStatements(lane)).flat();
  await runAll(server, [...schemas, ...accountStatements(server.flavor, lanes)]);
}
