import { randomBytes } from 'node:crypto';

/** Schema and table of the tokens. */
export const GUARD_TABLE = 'pointsman.commit_guard';

/**
 * Tokens are taken away an hour after they were made, by the clock of whichever proxy does it. Half of it leaves room for clocks that differ;
 * what is not decided by then (`hold.timeout` may be longer, a process may be stopped) is not decided any more. Ms.
 */
const COUNTS_FOR_MS = 30 * 60_000;

/**
 * A token that commits together with what the client wrote. After a loss it is inserted once more where the cluster goes on: if it is
 * there already, the transaction was committed; if not, it can never commit there any more, because its own token would be the second.
 */
export interface CommitGuard {
  /** 32 hexadecimal digits. */
  readonly token: string;
  /** Of the connection in whose transaction the token stands. */
  readonly serial: number;
  /** `performance.now()`, ms. */
  readonly madeAtMs: number;
  /** The transaction is ours, around one statement with autocommit: its answer is kept back until COMMIT is answered. */
  readonly wraps: boolean;
  /** COMMIT may have been sent. */
  committing: boolean;
  /** The wrapped statement's answer, as a frame for the client. */
  answer: Buffer | undefined;
  /** That is an ERR. */
  failed: boolean;
  /** What became of the connection; from then on the outcome is to be decided. */
  lost: GuardLoss | undefined;
  /** The token was sent to decide, and no answer came: a second one would find the first. */
  asked: boolean;
}

export interface GuardLoss {
  readonly backend: string;
  /** How it was lost, in words that follow its name. */
  readonly why: string;
  /** The server is confirmed gone, so that what surely has not happened may run once more. */
  readonly mayRerun: boolean;
}

/**
 * @param serial of the connection
 * @param wraps see `CommitGuard`
 * @param nowMs `performance.now()`
 */
export function newGuard(serial: number, wraps: boolean, nowMs: number): CommitGuard {
  const token = randomBytes(16).toString('hex');
  return { token, serial, madeAtMs: nowMs, wraps, committing: !wraps, answer: undefined, failed: false, lost: undefined, asked: false };
}

/**
 * Its token may have been taken away: that it is not there says nothing any more.
 * @param nowMs `performance.now()`
 */
export function isTooOld({ madeAtMs }: CommitGuard, nowMs: number): boolean {
  return nowMs - madeAtMs > COUNTS_FOR_MS;
}

/**
 * Our own clock tells its age: the session's may be set (`SET timestamp`).
 * @param nowMs Unix ms
 */
export function insertToken({ token }: CommitGuard, nowMs: number): string {
  return `INSERT INTO ${GUARD_TABLE} (token,made_at_s) VALUES (0x${token},${Math.floor(nowMs / 1000)})`;
}
