import type { BackendConnection } from '../backend/dial-request.js';
import type { BackendStats } from '../telemetry/backend-stats.js';
import { type BackendView, backendNamed, type ClusterSnapshot } from '../topology/snapshot.js';
import type { Disturbed } from './diagnostics.js';
import type { Relay } from './relay.js';
import type { TransactionRecord } from './replay/transaction-record.js';
import type { ClusterServices, Route } from './services.js';

/**
 * `use`: send there; `wait`: it is down with our transaction on it; `hold`: it is about to hand its role over, or not, or the cluster is paused; `move`: let it go,
 * another backend is to be chosen; `could-move`: another one would be better, but nothing is to be lost for it.
 */
export type Fitness = 'use' | 'wait' | 'hold' | 'move' | 'could-move';

/** A session's backend connection and what it knows about it. */
export class Attachment {
  /** Different for every connection of a session; prepared statements remember on which one their id is valid. */
  readonly serial: number;
  readonly connection: BackendConnection;
  readonly relay: Relay;
  readonly stats: BackendStats;
  readonly cluster: ClusterServices;
  /** What it is used for; where a replica was wanted it may be on the primary, for want of one. */
  route: Route;
  /** Revision of the session's state up to which this connection has its variables, and up to which its user variables. */
  syncedTo = 0;
  userSyncedTo = 0;
  /** The same for PREPAREs of the text protocol. */
  preparedTo = 0;
  /** A statement of ours ran behind the client's last one. */
  disturbed: Disturbed | undefined;
  /** Statements about savepoints in the open transaction, in their order. */
  savepoints: readonly string[] = [];
  /** Texts of several statements are allowed on it. */
  multiStatements = true;
  /** The schema chosen on it, as far as we know. */
  schema: string | undefined;
  /** When its last answer was complete; `performance.now()`, ms. */
  restingSinceMs = performance.now();
  /** Letters that the server last gave about its transaction; undefined: not told. */
  transactionState: string | undefined;
  /** Of the last OK or EOF. */
  statusFlags: number;
  /** Of the transaction that is open here, where one is recorded. */
  record: TransactionRecord | undefined;
  /** An ERR that the server sent unasked before it closed the connection. */
  farewell: Buffer | undefined;
  /** The server's last answer was that a statement is larger than it takes, after which it ends the connection, with FIN or RST. */
  hangsUp = false;
  #read = 0;
  #written = 0;
  #checked: ClusterSnapshot | undefined;

  constructor(serial: number, connection: BackendConnection, relay: Relay, stats: BackendStats, cluster: ClusterServices, route: Route) {
    this.serial = serial;
    this.cluster = cluster;
    this.route = route;
    this.connection = connection;
    this.relay = relay;
    this.stats = stats;
    this.statusFlags = connection.statusFlags;
  }

  /** Adds what the socket has carried since the last call to the counters. */
  countBytes(): void {
    const { bytesRead, bytesWritten } = this.connection.packets;
    this.stats.received(bytesRead - this.#read);
    this.stats.sent(bytesWritten - this.#written);
    this.#read = bytesRead;
    this.#written = bytesWritten;
  }

  get flavor(): 'mysql' | 'mariadb' {
    return flavorOf(this.connection);
  }

  get backend(): string {
    return this.connection.backend;
  }

  /** May the next statement go here, for what this connection is used for? Costs a comparison while the snapshot is the same. */
  fitness(inTransaction: boolean): Fitness {
    const { snapshot } = this.cluster.link;
    if (snapshot === this.#checked) return 'use';
    const fitness = fitnessOf(this.backend, snapshot, this.route, inTransaction);
    if (fitness === 'use' && !inTransaction) this.#checked = snapshot;
    return fitness;
  }

  /** It is used for a statement of this route: what is on the primary for want of a replica may become the session's place to write. */
  useFor(route: Route): void {
    if (route === 'replica' || this.route === 'primary') return;
    this.route = route;
    this.#checked = undefined;
  }

  /** Can a statement of this route run here? One that is on the primary serves both, where no replica is to be had. */
  serves(route: Route): boolean {
    return this.route === route || fitnessOf(this.backend, this.cluster.link.snapshot, route, false) === 'use';
  }
}

export function flavorOf(connection: BackendConnection): 'mysql' | 'mariadb' {
  return /mariadb/i.test(connection.greeting.serverVersion) ? 'mariadb' : 'mysql';
}

/** The rule behind `Attachment.fitness`. */
export function fitnessOf(backend: string, snapshot: ClusterSnapshot, route: Route, inTransaction: boolean): Fitness {
  const view = backendNamed(snapshot, backend);
  if (view === undefined || view.unseen === true) return inTransaction ? 'use' : 'move';
  if (view.state === 'down') return inTransaction ? 'wait' : 'move';
  // A transaction on a living server may end there, whatever became of the server's role.
  if (inTransaction) return 'use';
  if (snapshot.pause !== undefined || (route === 'primary' && snapshot.handover?.from === backend)) return 'hold';
  // A server that drains loses its sessions when that costs them nothing.
  if (view.state === 'draining') return 'could-move';
  if (view.state !== 'online' && view.state !== 'suspect') return 'move';
  if (route === 'primary') return snapshot.primary === backend ? 'use' : 'move';
  const isFreshReplica = (each: BackendView) => each.role === 'replica' && each.readable && each.state === 'online';
  if (view.role === 'replica' && view.readable) return 'use';
  if (snapshot.primary !== backend) return 'could-move';
  // On the primary for want of a replica: back as soon as there is one.
  return snapshot.backends.some(isFreshReplica) ? 'could-move' : 'use';
}
