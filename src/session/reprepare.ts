import { Command } from '../protocol/commands.js';
import type { Attachment } from './attachment.js';
import { stateLost } from './client-errors.js';
import type { Preparation } from './commands/command-handler.js';
import { exchange } from './exchange.js';
import type { PreparedStatement } from './prepared-statements.js';
import type { Session } from './session.js';

/** Prepares a client's statement on a backend connection that does not know it yet. */
export async function reprepare(session: Session, prepared: PreparedStatement, attachment: Attachment): Promise<Preparation> {
  if (prepared.handles.has(attachment.serial)) return 'ready';
  const lost = whatIsLost(prepared);
  if (lost !== undefined) {
    session.answerError(stateLost(lost, session.lostOn));
    return 'answered';
  }
  const payload = Buffer.concat([Buffer.from([Command.STMT_PREPARE]), prepared.text ?? Buffer.alloc(0)]);
  const end = await exchange(attachment.connection, payload, session.cluster.connectTimeoutMs);
  if (end.kind === 'lost') return 'again';
  if (end.kind === 'err') {
    session.answerError(end.err);
    return 'answered';
  }
  prepared.handles.set(attachment.serial, { id: end.first.readUInt32LE(1), knowsTypes: false });
  for (const serial of prepared.handles.keys()) if (session.connection(serial) === undefined) prepared.handles.delete(serial);
  return 'ready';
}

function whatIsLost(prepared: PreparedStatement): string | undefined {
  if (prepared.text === undefined) return `prepared statement ${prepared.id}, whose text was too large to keep`;
  if (prepared.unkeptLongDataConnection !== 0) return `long data of prepared statement ${prepared.id}, too large to keep`;
  return undefined;
}
