import { dialServer, type LinkOptions, type ServerLink } from '../probes/server-link.js';

/** One server whose lock counts. */
export interface LockServer {
  readonly name: string;
  readonly link: LinkOptions;
}

/**
 * The lock of one server, on a connection of its own that the server closes when it hears nothing for `seconds`; the lock goes with it.
 */
export class ServerLock {
  readonly server: string;
  readonly threadId: number;
  readonly #link: ServerLink;
  readonly #name: string;
  readonly #seconds: number;
  #untilMs = 0;

  private constructor(server: string, link: ServerLink, name: string, seconds: number) {
    this.server = server;
    this.threadId = link.greeting.threadId;
    this.#link = link;
    this.#name = name;
    this.#seconds = seconds;
  }

  /** Connects; nothing is locked yet. Rejects as `dialServer` does. */
  static async connect({ name, link }: LockServer, lockName: string, seconds: number, timeoutMs: number): Promise<ServerLock> {
    const connection = await dialServer(link, timeoutMs);
    try {
      await connection.query(`SET SESSION wait_timeout = ${seconds}`, timeoutMs);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    return new ServerLock(name, connection, lockName, seconds);
  }

  /** Monotonic ms until which the server certainly keeps the lock for us; 0 when not held. */
  get untilMs(): number {
    return this.#link.broken ? 0 : this.#untilMs;
  }

  /** Takes the lock without waiting. False: another connection has it. */
  take(timeoutMs: number): Promise<boolean> {
    return this.#hold(`SELECT GET_LOCK('${this.#name}', 0) AS held`, timeoutMs);
  }

  /** Asks the server whether it is still ours, which also renews it. False for any failure. */
  renew(timeoutMs: number): Promise<boolean> {
    return this.#hold(`SELECT IS_USED_LOCK('${this.#name}') = CONNECTION_ID() AS held`, timeoutMs).catch(() => false);
  }

  /** Frees the lock at once, where the server answers; else its time-out does. */
  async release(timeoutMs: number): Promise<void> {
    if (this.#untilMs > 0) await this.#link.query(`SELECT RELEASE_LOCK('${this.#name}')`, timeoutMs).catch(() => undefined);
    this.#untilMs = 0;
    this.#link.end();
  }

  /** Drops the connection without a word. */
  drop(): void {
    this.#untilMs = 0;
    this.#link.destroy();
  }

  async #hold(sql: string, timeoutMs: number): Promise<boolean> {
    // Counted from before the question: the server's clock for the connection starts later.
    const askedMs = performance.now();
    const [row] = await this.#link.query(sql, timeoutMs);
    const held = row?.['held'] === '1';
    this.#untilMs = held ? askedMs + this.#seconds * 1000 : 0;
    return held;
  }
}
