import type { ServerSample } from '../topology/sample.js';
import type { BackendWatch } from './backend-watch.js';
import { type Lease, LeaseLostError } from './coordination/coordinator.js';
import type { MonitorOptions } from './options.js';
import { askProcess, askRound, type ProcessFacts } from './probes/probe-statements.js';
import { dialServer, type Row, type ServerLink } from './probes/server-link.js';
import { type ReplicationWords, replicationWords } from './replication-words.js';

/** The longest a single statement that changes something may take. Stopping replication waits for a running event. */
const statementMs = 20_000;

/** A connection for changing a server: dies with the lease (`wait_timeout`), never waits long for locks, may send several statements at once. */
export class ControlLink {
  readonly words: ReplicationWords;
  readonly flavor: 'mysql' | 'mariadb';
  readonly threadId: number;
  readonly #link: ServerLink;
  readonly #facts: ProcessFacts;
  readonly #timeoutMs: number;
  readonly #lease: Lease | undefined;

  private constructor(link: ServerLink, facts: ProcessFacts, timeoutMs: number, lease: Lease | undefined) {
    this.#link = link;
    this.#facts = facts;
    this.#timeoutMs = timeoutMs;
    this.#lease = lease;
    this.flavor = facts.flavor;
    this.threadId = link.greeting.threadId;
    this.words = replicationWords(facts.flavor, link.greeting.serverVersion);
  }

  /** @param lease under which `change` works; without it the link can only look */
  static async open(watch: BackendWatch, options: MonitorOptions, lease?: Lease): Promise<ControlLink> {
    const { timeoutMs } = options;
    // A new connection to a healthy server is quick, but a busy machine should not make a failover start over.
    const dialMs = Math.max(2_000, timeoutMs * 2);
    const link = await dialServer({ ...watch.link, multipleStatements: true }, dialMs);
    try {
      const facts = await askProcess(link, dialMs);
      // A second less: servers with a thread pool look for silent connections twice a second only.
      const leaseSeconds = Math.max(1, Math.floor(options.failover.leaseMs / 1000) - 1);
      // sql_log_bin stays on: what we change by statement is either global (not logged) or meant for the replicas.
      await link.query(`SET SESSION wait_timeout = ${leaseSeconds}, SESSION lock_wait_timeout = 1`, dialMs);
      return new ControlLink(link, facts, dialMs, lease);
    } catch (error) {
      link.destroy();
      throw error;
    }
  }

  /** A statement that changes nothing by itself. */
  run(sql: string): Promise<readonly Row[]> {
    return this.#link.query(sql, statementMs);
  }

  /**
   * A statement that changes the server: the lease is checked right before, and nothing else goes over this connection in between. A
   * process that is paused after the check finds the connection closed by the server no later than its lease ends.
   * @throws LeaseLostError, then nothing was sent
   */
  async change(sql: string): Promise<readonly Row[]> {
    if (this.#lease === undefined) throw new LeaseLostError('a link that may only look');
    if (!(await this.#lease.check())) throw new LeaseLostError(this.#lease.holder);
    return this.#link.query(sql, statementMs);
  }

  /** Our own other connections to a backend, which a fence must not kill. */
  ownThreads(backend: string): readonly number[] {
    return this.#lease?.ownThreads(backend) ?? [];
  }

  /** A fresh look over this connection. */
  async look(): Promise<ServerSample> {
    const until = performance.now() + this.#timeoutMs;
    const { sample } = await askRound(this.#link, this.#facts, 'SHOW SLAVE STATUS', () => Math.max(1, until - performance.now()));
    return sample;
  }

  /** Nothing more is sent, and whoever waits for an answer hears `reason`. What was sent may still happen. */
  cut(reason: Error): void {
    this.#link.cut(reason);
  }

  close(): void {
    this.#link.end();
  }
}
