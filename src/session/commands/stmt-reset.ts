import { statementId } from '../../protocol/commands/statement-id.js';
import { Command } from '../../protocol/commands.js';
import { encodeFrames } from '../../protocol/frame.js';
import type { Attachment } from '../attachment.js';
import { firstPayload } from '../client-command.js';
import { boundTo } from '../destination.js';
import type { PreparedStatement } from '../prepared-statements.js';
import type { Session } from '../session.js';
import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';
import { preparedFor, refusedAsCut, refuseUnknownStatement } from './refuse.js';
import { setStatementId } from './stmt-prepare.js';

/** COM_STMT_RESET closes the cursor and forgets long data. Where the server does not know the statement, there is nothing to reset. */
export const stmtReset: CommandHandler = {
  begin(session, command) {
    if (refusedAsCut(session, command)) return;
    const id = statementId(firstPayload(command));
    const prepared = preparedFor(session, command);
    const statement = new Statement(command, HARMLESS_COMMAND, undefined, prepared);
    if (prepared === undefined) {
      refuseUnknownStatement(session, command, id, 'mysqld_stmt_reset');
    } else if (!session.attachment || !prepared.handles.has(placeOf(session, statement, session.attachment))) {
      forget(session, prepared);
      prepared.forgetLongData();
      prepared.cursorConnection = 0;
      session.statement = statement;
      session.answerOk();
    } else {
      session.run(statement);
    }
  },
  outgoing(statement, attachment) {
    const { prepared } = statement;
    if (prepared !== undefined) setStatementId(statement, prepared.handles.get(attachment.serial)?.id ?? 0);
    return statement.command.parts;
  },
  completed(_session, statement) {
    if (statement.prepared === undefined) return;
    statement.prepared.forgetLongData();
    statement.prepared.cursorConnection = 0;
  },
};

/** Serial of the connection on which it would run. */
function placeOf(session: Session, statement: Statement, present: Attachment): number {
  return (session.inTransaction ? present : (boundTo(session, statement) ?? present)).serial;
}

/** Where it is prepared, nothing can be sent for an answer in the middle of a transaction elsewhere: it is closed there, and its cursor and long data with it. */
function forget(session: Session, { handles }: PreparedStatement): void {
  for (const [serial, { id }] of handles) {
    handles.delete(serial);
    const close = Buffer.of(Command.STMT_CLOSE, 0, 0, 0, 0);
    close.writeUInt32LE(id, 1);
    session.connection(serial)?.connection.packets.write(encodeFrames(close, 0));
  }
}
