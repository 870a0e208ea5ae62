import { interrupted } from './client-errors.js';
import { killAbandoned } from './kill/kill-abandoned.js';
import type { Session } from './session.js';

/** After FIN, a pure read that still runs is taken for abandoned when this time is over. A half-closing client gets its short answers. */
const ABANDONED_READ_MS = 2_000;

/** A server that has been told to KILL ends the connection at once; one that rolls back a lot, or is frozen, keeps its socket open. */
const KILLED_MS = 1_000;

/**
 * A client that goes. What it was in the middle of sending ends with its backend connection. FIN behind unanswered packets, or COM_QUIT, is not "gone": they are worked off first. What is held is cancelled,
 * a running pure read is killed, a running write ends as it would on the server.
 */
export class Departure {
  readonly #session: Session;
  #ended = false;
  #gone = false;
  #killed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The session should close as soon as it has nothing to do. */
  get isDue(): boolean {
    return this.#ended || this.#gone;
  }

  /** Nobody reads answers any more. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** FIN. */
  ended(): void {
    const session = this.#session;
    this.#ended = true;
    if (session.phase === 'closed') return;
    if (session.phase === 'idle' && session.reader.isEmpty) return session.close();
    if (session.phase === 'login' || session.reader.isMidCommand) return session.close();
    if (session.reader.quitBehind) return;
    if (session.holding || session.statement?.delayed === true) return this.held();
    if (session.statement?.read === true) this.#timer = setTimeout(() => this.#abandon(), ABANDONED_READ_MS);
  }

  /** The connection is gone for good. */
  closed(): void {
    const session = this.#session;
    this.#gone = true;
    if (session.phase === 'closed') return;
    const quit = session.reader.quitBehind;
    if (!quit) session.reader.discard();
    if (session.reader.isMidCommand) return session.close();
    // What the client was still sending will never be complete: the server is not left waiting for it.
    if (session.phase === 'running' && session.statement !== undefined && !session.isStreaming) {
      if (session.statement.read && !quit) return this.#abandon();
      // A write ends as it would on the server; its answer goes nowhere, and a transaction ends with the connection.
      session.attachment?.relay.discard();
      return;
    }
    // With QUIT behind it what waits for a server is worked off, as a server would have done before it saw the end.
    if (quit && (session.phase === 'placing' || session.phase === 'judging')) return;
    session.close();
  }

  /** The statement begins to wait for a server: cancelled at once when its client has closed its side, unless it said QUIT. */
  held(): void {
    const session = this.#session;
    if (this.isDue && !session.reader.quitBehind) session.endWith(interrupted());
  }

  #abandon(): void {
    const session = this.#session;
    if (session.phase === 'closed') return;
    if (session.phase === 'running' && session.attachment !== undefined) killAbandoned(session, session.attachment.connection);
    session.close();
  }

  /** KILL: its server ends the connection, and we what is left of it a little later. */
  killed(): void {
    const session = this.#session;
    this.#killed = true;
    clearTimeout(this.#timer);
    if (session.attachment === undefined) session.endWithFrame(undefined);
    else this.#timer = setTimeout(() => session.endWithFrame(undefined), KILLED_MS);
  }

  /** Whatever way its server connection ends, it is the end of the session. */
  get isKilled(): boolean {
    return this.#killed;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
