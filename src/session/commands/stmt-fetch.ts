import { statementId } from '../../protocol/commands/statement-id.js';
import { firstPayload } from '../client-command.js';
import { resultCut } from '../client-errors.js';
import { reprepare } from '../reprepare.js';
import { Statement, type StatementTraits, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';
import { preparedFor, refusedAsCut, refuseUnknownStatement } from './refuse.js';
import { setStatementId } from './stmt-prepare.js';

/** Rows of a cursor: a loss cuts a result, it leaves no outcome unknown. They cannot be fetched anywhere else. */
const FETCH: StatementTraits = { ...UNKNOWN_COMMAND, kind: 'read', read: true, mayCommit: false };

/** COM_STMT_FETCH, on the very connection that holds the cursor. */
export const stmtFetch: CommandHandler = {
  begin(session, command) {
    if (refusedAsCut(session, command)) return;
    const id = statementId(firstPayload(command));
    const prepared = preparedFor(session, command);
    const statement = new Statement(command, FETCH, undefined, prepared);
    if (prepared === undefined) {
      refuseUnknownStatement(session, command, id, 'mysqld_stmt_fetch');
    } else if (prepared.cursorConnection !== 0 && session.connection(prepared.cursorConnection) === undefined) {
      prepared.cursorConnection = 0;
      session.statement = statement;
      session.answerError(resultCut(session.lostOn, 'was lost with the cursor open'));
    } else {
      session.run(statement);
    }
  },
  // One without a cursor may be unknown there: the server is to say that it has none, and not that it does not know it.
  readyOn: (statement, attachment) => statement.prepared?.handles.has(attachment.serial) !== false,
  prepareFor: async (session, statement, attachment) =>
    statement.prepared === undefined ? 'ready' : reprepare(session, statement, statement.prepared, attachment),
  outgoing(statement, attachment) {
    const { prepared } = statement;
    if (prepared === undefined) return statement.command.parts;
    const id = prepared.handles.get(attachment.serial)?.id ?? 0;
    // "The statement (5) has no open cursor": the client knows it by another number.
    statement.named ??= { server: id, client: statementId(firstPayload(statement.command)) };
    setStatementId(statement, id);
    return statement.command.parts;
  },
};
