import { LAST_PREPARED, statementId } from '../../protocol/commands/statement-id.js';
import { firstPayload } from '../client-command.js';
import { beginKill } from '../kill/kill.js';
import { killOf } from '../kill/prepared-kill.js';
import { executionFrames } from '../parameter-types.js';
import { reprepare } from '../reprepare.js';
import { Statement, traitsOf } from '../statement.js';
import type { CommandHandler } from './command-handler.js';
import { refusedAsCut, refuseUnknownStatement } from './refuse.js';
import { setStatementId } from './stmt-prepare.js';
import { unknown } from './unknown.js';

function executeHandler(name: string): CommandHandler {
  return {
    begin(session, command) {
      if (refusedAsCut(session, command)) return;
      const id = statementId(firstPayload(command));
      const prepared = id === LAST_PREPARED ? session.prepared.last : session.prepared.get(id);
      if (prepared === undefined) {
        refuseUnknownStatement(session, command, id, name);
        return;
      }
      const statement = new Statement(command, traitsOf(prepared.facts), prepared.facts, prepared);
      const kill = prepared.facts.kind === 'admin' ? killOf(session, prepared, command) : undefined;
      if (kill === undefined) session.run(statement);
      else beginKill(session, statement, kill);
    },
    readyOn(statement, attachment) {
      return statement.prepared?.connection === attachment.serial;
    },
    async prepareFor(session, statement, attachment) {
      return statement.prepared === undefined ? 'ready' : reprepare(session, statement.prepared, attachment);
    },
    outgoing(statement, attachment) {
      const { prepared } = statement;
      if (prepared === undefined) return statement.command.parts;
      setStatementId(statement, prepared.backendId);
      return executionFrames(statement.command, prepared, attachment.serial, attachment.connection.capabilities);
    },
    completed(session, statement) {
      statement.prepared?.forgetLongData();
      if (statement.prepared !== undefined && session.attachment !== undefined) {
        statement.prepared.cursorConnection = session.replies.cursorOpened ? session.attachment.serial : 0;
      }
    },
  };
}

/** COM_STMT_EXECUTE: under the server's id, prepared again where needed, with the parameter types that server has not been told. */
export const stmtExecute: CommandHandler = executeHandler('mysqld_stmt_execute');

/** MariaDB's COM_STMT_BULK_EXECUTE: the same; its types always come with it. */
export const stmtBulkExecute: CommandHandler = {
  ...stmtExecute,
  begin(session, command) {
    // To a MySQL server it is a byte without a meaning.
    if (session.state.dialect.flavor === 'mysql') unknown.begin(session, command);
    else stmtExecute.begin(session, command);
  },
  outgoing(statement) {
    if (statement.prepared !== undefined) setStatementId(statement, statement.prepared.backendId);
    return statement.command.parts;
  },
};
