import { replaceStatementId } from '../protocol/commands/statement-id.js';
import { Command } from '../protocol/commands.js';
import { HEADER_SIZE } from '../protocol/frame.js';
import type { Attachment } from './attachment.js';
import { stateLost } from './client-errors.js';
import type { Preparation } from './commands/command-handler.js';
import { exchange } from './exchange.js';
import type { PreparedStatement } from './prepared-statements.js';
import type { Session } from './session.js';

/** Prepares a client's statement on a backend connection that does not know it yet, and sends the long data it has been given. */
export async function reprepare(session: Session, prepared: PreparedStatement, attachment: Attachment): Promise<Preparation> {
  if (prepared.connection === attachment.serial) return 'ready';
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
  prepared.backendId = end.first.readUInt32LE(1);
  prepared.connection = attachment.serial;
  for (const frame of prepared.longData) {
    replaceStatementId(frame, prepared.backendId, HEADER_SIZE);
    attachment.connection.packets.write(frame);
  }
  return 'ready';
}

function whatIsLost(prepared: PreparedStatement): string | undefined {
  if (prepared.text === undefined) return `prepared statement ${prepared.id}, whose text was too large to keep`;
  if (prepared.unkeptLongDataConnection !== 0) return `long data of prepared statement ${prepared.id}, too large to keep`;
  return undefined;
}
