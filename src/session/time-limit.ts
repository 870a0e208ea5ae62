import { Command } from '../protocol/commands.js';
import { encodeErr } from '../protocol/err.js';
import { encodeFrames } from '../protocol/frame.js';
import type { RuleCounts } from '../telemetry/rule-counts.js';
import type { Attachment } from './attachment.js';
import { timeExceeded } from './client-errors.js';
import { NO_EFFECT } from './diagnostics.js';
import { exchange, exchangeQuery } from './exchange.js';
import { askBackend, type KillOutcome } from './kill/ask-backend.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** How long a statement may run, and whose counter it is when it takes longer. */
export interface TimeAllowed {
  readonly timeoutMs: number;
  readonly counts: RuleCounts;
}

/** A server ignores a KILL that comes before it has begun to read the statement: it is told again after this long, then more and more rarely. */
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;

/**
 * The time that one statement may run on its server: when it is over, KILL QUERY goes there on a connection of its own. The session is
 * not done with the statement before that KILL's outcome is known and the connection has answered a ping: so it cannot hit the statement that comes next.
 *
 * - `counting`: its time is not over;
 * - `reaching`: it is over, and a connection for the KILL is being opened;
 * - `killing`: the KILL was sent and is not answered yet;
 * - `killed`: it was answered; the statement's own end is awaited.
 */
export class TimeLimit {
  readonly #session: Session;
  readonly #statement: Statement;
  readonly #attachment: Attachment;
  readonly #counts: RuleCounts;
  #timer: NodeJS.Timeout;
  #state: 'counting' | 'reaching' | 'killing' | 'killed' = 'counting';
  /** Its answer has come to its end. */
  #ended: boolean | undefined;
  /** Nothing of the answer goes to the client: it gets the error alone. */
  #withheld = false;
  #stopped = false;
  /** At least one KILL has been answered. */
  #wasKilled = false;
  #retryMs = FIRST_RETRY_MS;

  constructor(session: Session, statement: Statement, attachment: Attachment, { timeoutMs, counts }: TimeAllowed) {
    this.#session = session;
    this.#statement = statement;
    this.#attachment = attachment;
    this.#counts = counts;
    this.#timer = setTimeout(() => this.#expire(), timeoutMs);
  }

  /** The time is over: an interruption that the server reports is ours. */
  get expired(): boolean {
    return this.#state !== 'counting';
  }

  /** The session has nothing to do with it any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped = true;
    if (this.#session.timeLimit === this) this.#session.timeLimit = undefined;
  }

  /** The answer is complete. True when the session has to wait: it is finished from here. */
  ending(ok: boolean): boolean {
    clearTimeout(this.#timer);
    this.#ended = ok;
    if (this.#withheld) {
      this.#withheld = false;
      this.#ended = false;
      const { identity, client } = this.#session;
      client.write(encodeFrames(encodeErr(timeExceeded(), identity.capabilities), this.#statement.answerSequenceId));
    }
    if (this.#state === 'killing') return true;
    if (this.#wasKilled) this.#clear();
    else this.#finish();
    return true;
  }

  get #isCurrent(): boolean {
    const { timeLimit, phase, statement, attachment } = this.#session;
    return !this.#stopped && timeLimit === this && phase === 'running' && statement === this.#statement && attachment === this.#attachment;
  }

  #expire(): void {
    if (!this.#isCurrent) return;
    this.#counts.timedOut++;
    // A read has done nothing that its client must hear of; some servers answer an interrupted one with a row (SLEEP of MySQL).
    this.#withheld = this.#statement.read && this.#attachment.relay.withhold();
    this.#reach();
  }

  #reach(): void {
    this.#state = 'reaching';
    const { connection } = this.#attachment;
    const isWanted = (): boolean => {
      if (!this.#isCurrent || this.#ended !== undefined) return false;
      this.#state = 'killing';
      return true;
    };
    askBackend(
      this.#session,
      connection.backend,
      `KILL QUERY ${connection.threadId}`,
      connection,
      (outcome) => this.#told(outcome),
      isWanted,
    );
  }

  #told(outcome: KillOutcome): void {
    if (this.#stopped) return;
    if (this.#state === 'killing') this.#state = 'killed';
    this.#wasKilled = true;
    if (!this.#isCurrent) return;
    if (this.#ended !== undefined) return this.#clear();
    if (outcome.kind !== 'ok') {
      const error = outcome.kind === 'err' ? outcome.err.message : outcome.why;
      const { threadId, backend } = this.#attachment.connection;
      this.#session.services.log.warn({ backend, thread: threadId, error }, 'could not stop a statement whose time is over');
    }
    this.#timer = setTimeout(() => this.#isCurrent && this.#reach(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  /**
   * What a KILL that came too late has left behind on the connection meets these, whatever their answers are: a ping, which some servers answer
   * without looking at it, and a statement that does nothing.
   */
  #clear(): void {
    if (!this.#isCurrent) return;
    const { connection, cluster } = this.#attachment;
    void exchange(connection, Buffer.of(Command.PING), cluster.connectTimeoutMs)
      .then((end) => (end.kind === 'lost' ? end : exchangeQuery(connection, NO_EFFECT, cluster.connectTimeoutMs)))
      .then(() => this.#isCurrent && this.#finish());
  }

  #finish(): void {
    this.stop();
    this.#session.finish(this.#ended === true);
  }
}
