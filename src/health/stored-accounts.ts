import type { Log } from '../telemetry/log-types.js';
import type { BackendWatch } from './backend-watch.js';
import { KeptLink } from './probes/kept-link.js';
import { serverErrno } from './probes/server-link.js';

/** A row of a server's account table: the plugin and what it keeps of the password. */
export interface StoredAccount {
  readonly plugin: string;
  readonly stored: string;
}

/** No right to the table, or to log in at all: that is how it may be. */
const NOT_ALLOWED: ReadonlySet<number> = new Set([1044, 1045, 1142, 1143]);
/** Where the monitor's account may not read the table, it is not tried again for this long. */
const FORBIDDEN_MS = 5_000;

/**
 * Reads accounts from the servers' own table, where the monitor's account has SELECT on it: a login can then be checked, and carried to any
 * server, without the clear password (mysql_native_password). Always as of now: an account made a moment ago is there, a changed password counts.
 */
export class StoredAccounts {
  readonly #choose: () => BackendWatch | undefined;
  readonly #timeoutMs: number;
  readonly #link: KeptLink;
  readonly #log: Log;
  #forbiddenUntilMs = 0;

  /** @param choose the server to ask: the primary, or another that is up */
  constructor(choose: () => BackendWatch | undefined, timeoutMs: number, log: Log) {
    this.#log = log;
    this.#choose = choose;
    this.#timeoutMs = Math.max(1_000, timeoutMs);
    this.#link = new KeptLink(this.#timeoutMs);
  }

  /** All accounts of that name, whatever their host. Empty where there are none, or they may not be read, or no server answers. Never rejects. */
  async read(user: string): Promise<readonly StoredAccount[]> {
    const watch = this.#choose();
    if (watch === undefined || performance.now() < this.#forbiddenUntilMs) return [];
    const name = Buffer.from(user, 'utf8').toString('hex');
    const sql = `SELECT plugin, authentication_string AS kept FROM mysql.user WHERE user = CONVERT(X'${name}' USING utf8)`;
    try {
      const rows = await (await this.#link.open(watch.link)).query(sql, this.#timeoutMs);
      return rows.map((row) => ({ plugin: row['plugin'] || 'mysql_native_password', stored: row['kept'] ?? '' }));
    } catch (error) {
      // Also where the server refused: a right that is granted later counts for new connections only.
      this.close();
      const errno = serverErrno(error);
      if (errno !== undefined) this.#forbiddenUntilMs = performance.now() + FORBIDDEN_MS;
      if (errno === undefined || !NOT_ALLOWED.has(errno)) {
        this.#log.warn({ backend: watch.name, error: (error as Error).message }, 'the accounts of a server could not be read');
      }
      return [];
    }
  }

  close(): void {
    this.#link.close();
  }
}
