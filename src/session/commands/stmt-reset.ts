import { statementId } from '../../protocol/commands/statement-id.js';
import { firstPayload } from '../client-command.js';
import { boundTo } from '../destination.js';
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
    } else if (!session.attachment || !prepared.handles.has((boundTo(session, statement) ?? session.attachment).serial)) {
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
