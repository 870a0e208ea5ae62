import { dialServer, type LinkOptions, type ServerLink } from './server-link.js';

/** A connection for questions that come in lots stays open this long after its last use. */
const IDLE_MS = 30_000;

/** One connection to a server, opened when it is wanted, and again when it is broken or another server is to be asked. */
export class KeptLink {
  readonly #timeoutMs: number;
  readonly #multipleStatements: boolean;
  #link: { readonly to: LinkOptions; readonly opened: Promise<ServerLink> } | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** @param timeoutMs for connecting and logging in */
  constructor(timeoutMs: number, multipleStatements = false) {
    this.#timeoutMs = timeoutMs;
    this.#multipleStatements = multipleStatements;
  }

  /** @param to the same object for the same server. Rejects like `dialServer`. */
  async open(to: LinkOptions): Promise<ServerLink> {
    if (this.#link?.to !== to) {
      this.close();
      this.#link = { to, opened: dialServer({ ...to, multipleStatements: this.#multipleStatements }, this.#timeoutMs) };
    }
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), IDLE_MS);
    this.#idle.unref();
    const asked = this.#link;
    try {
      const link = await asked.opened;
      if (!link.broken) return link;
    } catch (error) {
      if (this.#link === asked) this.close();
      throw error;
    }
    if (this.#link === asked) this.close();
    return this.open(to);
  }

  close(): void {
    clearTimeout(this.#idle);
    const link = this.#link;
    this.#link = undefined;
    link?.opened.then(
      (opened) => opened.end(),
      () => undefined,
    );
  }
}
