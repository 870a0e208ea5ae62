import { encodeQuery } from '../protocol/commands/query.js';
import type { Attachment } from './attachment.js';
import { stateLost } from './client-errors.js';
import type { Preparation } from './commands/command-handler.js';
import { rememberFor } from './diagnostics.js';
import { prepareAsThen, prepareOn } from './reprepare.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** The statement may EXECUTE what was PREPAREd (text protocol) on another connection, or goes on to stay here; or what asks about it would have to be prepared behind it. */
export function lacksPrepares(session: Session, { about, prepares }: Statement, attachment: Attachment): boolean {
  if (about === undefined || prepares !== undefined) return false;
  const { state, prepared } = session;
  // The ROW_COUNT() of a write would not survive the USE or SET that may be needed for it.
  if (about.kind === 'write' && attachment.route === 'primary' && prepared.askersUnknownTo(attachment.serial).length > 0) return true;
  if (attachment.preparedTo === state.revision) return false;
  if (state.textPreparesSince(attachment.preparedTo).length === 0) {
    attachment.preparedTo = state.revision;
    return false;
  }
  // On the primary before anything else: later what the client's last statement left behind would be in the way.
  return attachment.route === 'primary' || about.mayChangeState || about.begins;
}

/** Repeats them there, each in the schema and sql_mode in which it was said. What the primary refuses is lost, and named by 9502. */
export async function bringPrepares(session: Session, statement: Statement, attachment: Attachment): Promise<Preparation> {
  if (!lacksPrepares(session, statement, attachment)) return 'ready';
  const { state, prepared } = session;
  const { revision } = state;
  await rememberFor(session, attachment, statement);
  for (const each of prepared.askersUnknownTo(attachment.serial)) {
    // One that cannot be prepared says so when it is executed.
    if (each.text !== undefined && (await prepareOn(session, each, attachment, state.carried())) === 'lost') return 'again';
  }
  for (const [name, then] of state.textPreparesSince(attachment.preparedTo)) {
    const payload = encodeQuery({ sql: Buffer.from(then.sql), attributes: [] }, attachment.connection.capabilities);
    const end = await prepareAsThen(session, attachment, then, payload);
    if (end.kind === 'lost') return 'again';
    if (end.kind === 'ok') continue;
    if (attachment.route === 'replica' && !session.inTransaction && statement.order.route !== 'primary') {
      statement.sendToPrimary();
      return 'again';
    }
    state.forgetTextPrepared(name);
    session.answerError(stateLost(`prepared statement ${name} (${end.err.message})`, attachment.backend));
    return 'answered';
  }
  attachment.preparedTo = revision;
  return 'ready';
}
