import { bulkFrames } from '../parameter-types.js';
import type { CommandHandler } from './command-handler.js';
import { unknown } from './denied.js';
import { stmtExecute } from './stmt-execute.js';
import { setStatementId } from './stmt-prepare.js';

/** MariaDB's COM_STMT_BULK_EXECUTE: one statement, many rows of parameters; with unit results answered by a result set. */
export const stmtBulkExecute: CommandHandler = {
  ...stmtExecute,
  begin(session, command) {
    // To a MySQL server it is a byte without a meaning.
    if (session.state.dialect.flavor === 'mysql') unknown.begin(session, command);
    else stmtExecute.begin(session, command);
  },
  outgoing(statement, attachment) {
    const { prepared } = statement;
    if (prepared === undefined) return statement.command.parts;
    setStatementId(statement, prepared.handles.get(attachment.serial)?.id ?? 0);
    return bulkFrames(statement.command, prepared, attachment.serial);
  },
};
