import { replaceStatementId } from '../../protocol/commands/statement-id.js';
import { firstPayload, joinedPayload } from '../client-command.js';
import type { Session } from '../session.js';
import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** Offsets in a COM_STMT_PREPARE_OK frame, header included: statement id and number of parameters. */
const ID_AT = 5;
const PARAMETERS_AT = 11;

const NO_TEXT = Buffer.alloc(0);

/**
 * COM_STMT_PREPARE. The client is told an id of ours, so that the statement stays valid when it is prepared again elsewhere.
 * Nothing runs yet: preparing again after a loss harms nobody.
 */
export const stmtPrepare: CommandHandler = {
  begin(session, command) {
    session.prepared.preparing();
    const statement = new Statement(command, HARMLESS_COMMAND);
    if (command.complete)
      statement.prepares = session.services.classifier.classify(joinedPayload(command).subarray(1), session.state.dialect);
    session.run(statement);
  },
};

/** Enters the statement that the server has just prepared, and puts our id in place of the server's. */
export function enterPrepared(session: Session, frame: Buffer): void {
  const { statement, attachment } = session;
  if (statement === undefined || attachment === undefined) return;
  // A copy: a view would keep the whole chunk it was read with.
  const text = statement.command.complete ? Buffer.from(joinedPayload(statement.command).subarray(1)) : undefined;
  const prepared = session.prepared.add(text, statement.prepares ?? session.services.classifier.classify(NO_TEXT, session.state.dialect));
  prepared.asked = statement.asked;
  prepared.schema = session.state.schema;
  prepared.sqlMode = session.state.variables.get('sql_mode');
  prepared.parameters = frame.readUInt16LE(PARAMETERS_AT);
  prepared.handles.set(attachment.serial, { id: frame.readUInt32LE(ID_AT), knowsTypes: false });
  frame.writeUInt32LE(prepared.id, ID_AT);
}

/** Writes the id by which this connection's server knows the statement into the client's own bytes; it may be done again later. */
export function setStatementId(statement: Statement, id: number): void {
  replaceStatementId(firstPayload(statement.command), id);
}
