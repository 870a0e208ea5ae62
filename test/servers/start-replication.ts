import { awaitCaughtUp, awaitRelayLogApplied, awaitReplicating, follow, replicaStatement, setReadOnly } from './replication.js';
import type { Server } from './server.js';
import { type ServerGroup, type StartOptions, startServers } from './start-servers.js';

export interface ReplicationOptions extends StartOptions {
  /** Default: 2. */
  readonly replicas?: number;
}

/** `writableAt`: performance.now() when the new primary turned writable. */
export interface Promotion {
  readonly writableAt: number;
}

/** A primary with replicas that follow it by GTID. What its methods do is what another tool or an administrator would do by hand. */
export interface ReplicationSet extends ServerGroup {
  readonly flavor: StartOptions['flavor'];
  /** Index 0 is the first primary, and stays there. */
  readonly servers: readonly Server[];
  /** The server that was made primary last by this set's own methods (a proxy's promotions are not seen here). */
  readonly primary: Server;
  /** All others, running or not. */
  readonly replicas: readonly Server[];
  /** Waits until every running replica has applied what the primary has committed now. */
  caughtUp(): Promise<void>;
  /** Unplanned, the primary being dead or frozen: `to` applies its relay log and turns writable, the other replicas that run follow it. */
  promote(to: Server): Promise<Promotion>;
  /** Planned: the primary turns read-only, `to` catches up and turns writable, all others follow it. */
  switchOver(to: Server): Promise<Promotion>;
}

class Replication implements ReplicationSet {
  readonly flavor: StartOptions['flavor'];
  readonly servers: readonly Server[];
  readonly folder: string;
  readonly #group: ServerGroup;
  #primary: Server;

  constructor(flavor: StartOptions['flavor'], group: ServerGroup, primary: Server) {
    this.flavor = flavor;
    this.servers = group.servers;
    this.folder = group.folder;
    this.#group = group;
    this.#primary = primary;
  }

  get primary(): Server {
    return this.#primary;
  }

  get replicas(): readonly Server[] {
    return this.servers.filter((server) => server !== this.#primary);
  }

  stop(): Promise<void> {
    return this.#group.stop();
  }

  async caughtUp(): Promise<void> {
    const running = this.replicas.filter((replica) => replica.running);
    await Promise.all(running.map((replica) => awaitCaughtUp(replica, this.#primary)));
  }

  async promote(to: Server): Promise<Promotion> {
    await to.sql(replicaStatement(to, 'STOP', 'IO_THREAD'));
    await awaitRelayLogApplied(to);
    return this.#makePrimary(to, this.#primary);
  }

  async switchOver(to: Server): Promise<Promotion> {
    await setReadOnly(this.#primary, true);
    await awaitCaughtUp(to, this.#primary);
    return this.#makePrimary(to);
  }

  async #makePrimary(to: Server, dead?: Server): Promise<Promotion> {
    await to.sql(replicaStatement(to, 'STOP'));
    await to.sql(replicaStatement(to, 'RESET', 'ALL'));
    await setReadOnly(to, false);
    const writableAt = performance.now();
    const former = this.#primary;
    this.#primary = to;
    for (const other of this.servers) {
      if (other === to || other === dead || !other.running) continue;
      if (other === former && this.flavor === 'mariadb') {
        // A former primary has its own writes in its binlog only; it follows from there.
        await other.sql('SET GLOBAL gtid_slave_pos=@@GLOBAL.gtid_binlog_pos');
      }
      await follow(other, to);
    }
    return { writableAt };
  }
}

/** Starts a primary and its replicas (2 unless told), all on loopback; settles when every replica replicates. */
export async function startReplication(options: ReplicationOptions): Promise<ReplicationSet> {
  const group = await startServers(options, 1 + (options.replicas ?? 2));
  try {
    const [primary, ...replicas] = group.servers;
    if (primary === undefined) throw new Error('no servers');
    await Promise.all(
      replicas.map(async (replica) => {
        await follow(replica, primary);
        // By SET, as many do: a replica that restarts is writable until somebody says otherwise.
        await setReadOnly(replica, true);
        await awaitReplicating(replica);
      }),
    );
    return new Replication(options.flavor, group, primary);
  } catch (error) {
    await group.stop();
    throw error;
  }
}

/** One server of its own, as `servers[0]`. */
export async function startStandalone(options: StartOptions): Promise<ServerGroup & { readonly server: Server }> {
  const group = await startServers(options, 1);
  const [server] = group.servers;
  if (server === undefined) throw new Error('no server');
  return { ...group, server };
}
