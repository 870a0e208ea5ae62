import type { Attachment } from '../attachment.js';
import { count } from '../count-outcome.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';
import type { ReplayFailure } from './replay-cause.js';
import type { TransactionRecord } from './transaction-record.js';
import { whyNotReplayable } from './why-not-replayable.js';

const OFF: ReplayFailure = { cause: 'off', detail: 'transactions.replay is off' };

/**
 * What the open transaction on a lost connection can be replayed by. Undefined: it cannot be, which is counted and logged with the reason.
 * @param statement the one under way; undefined for a session at rest
 * @param refused the server answered it with a refusal: nothing of it has happened
 */
export function takeRecord(
  session: Session,
  attachment: Attachment,
  statement: Statement | undefined,
  refused = false,
): TransactionRecord | undefined {
  const { record, cluster } = attachment;
  const failure = cluster.replay === undefined ? OFF : failureOf(record, statement, refused);
  if (failure === undefined) {
    attachment.record = undefined;
    return record;
  }
  noteFailure(session, attachment.backend, failure);
  return undefined;
}

/** A lost transaction was not replayed. */
export function noteFailure(session: Session, backend: string, { cause, detail }: ReplayFailure): void {
  session.services.stats.replay(cause);
  if (cause !== 'off') count(session, 'replay-failed');
  session.services.log.info({ session: session.opening.id, backend, cause, detail }, 'a lost transaction was not replayed');
}

function failureOf(record: TransactionRecord | undefined, statement: Statement | undefined, refused: boolean): ReplayFailure | undefined {
  if (record === undefined) return { cause: 'not-replayable', detail: 'its beginning' };
  if (record.failure !== undefined) return record.failure;
  const why = statement === undefined ? undefined : whyNotThis(statement, refused);
  return why === undefined ? undefined : { cause: 'not-replayable', detail: why };
}

/** Why the statement under way must not be sent again. */
function whyNotThis(statement: Statement, refused: boolean): string | undefined {
  if (!statement.sent) return undefined;
  if (statement.answered) return 'a part of the answer was with the client';
  if (!statement.repeatable) return 'a statement too large to be kept';
  if (statement.rerun) return 'its statement had been run again before';
  const { facts, traits } = statement;
  if (facts === undefined) return traits.harmless ? undefined : 'a command that cannot be repeated';
  if (refused && !facts.mayChangeState && !facts.loadLocal && !facts.multi) return undefined;
  return whyNotReplayable(facts);
}
