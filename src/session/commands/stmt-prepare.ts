import { replaceStatementId } from '../../protocol/commands/statement-id.js';
import { firstPayload, joinedPayload } from '../client-command.js';
import type { Session } from '../session.js';
import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** Offsets in a COM_STMT_PREPARE_OK frame, header included: statement id and number of parameters. */
const ID_AT = 5;
const PARAMETERS_AT = 11;

/**
 * COM_STMT_PREPARE. The client is told an id of ours, so that the statement stays valid when it is prepared again elsewhere.
 * Nothing runs yet: preparing again after a loss harms nobody.
 */
export const stmtPrepare: CommandHandler = {
  begin(session, command) {
    session.prepared.preparing();
    session.run(new Statement(command, HARMLESS_COMMAND));
  },
};

/** Enters the statement that the server has just prepared, and puts our id in place of the server's. */
export function enterPrepared(session: Session, frame: Buffer): void {
  const { statement, attachment } = session;
  if (statement === undefined || attachment === undefined) return;
  // A copy: a view would keep the whole chunk it was read with.
  const text = statement.command.complete ? Buffer.from(joinedPayload(statement.command).subarray(1)) : undefined;
  const facts = session.services.classifier.classify(text ?? Buffer.alloc(0), session.state.dialect);
  const prepared = session.prepared.add(text, facts);
  prepared.parameters = frame.readUInt16LE(PARAMETERS_AT);
  prepared.backendId = frame.readUInt32LE(ID_AT);
  prepared.connection = attachment.serial;
  frame.writeUInt32LE(prepared.id, ID_AT);
}

/** Writes the id by which this connection's server knows the statement into the client's own bytes; it may be done again later. */
export function setStatementId(statement: Statement, id: number): void {
  replaceStatementId(firstPayload(statement.command), id);
}
