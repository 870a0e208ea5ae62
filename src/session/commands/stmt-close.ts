import { replaceStatementId } from '../../protocol/commands/statement-id.js';
import { firstPayload } from '../client-command.js';
import type { CommandHandler } from './command-handler.js';
import { preparedFor, refusedAsCut } from './refuse.js';

/** COM_STMT_CLOSE has no answer; a server that never saw the statement is not bothered. */
export const stmtClose: CommandHandler = {
  begin(session, command) {
    if (refusedAsCut(session, command)) return;
    const payload = firstPayload(command);
    const prepared = preparedFor(session, command);
    if (prepared === undefined) return;
    session.prepared.delete(prepared.id);
    const { attachment } = session;
    if (attachment === undefined || prepared.connection !== attachment.serial) return;
    replaceStatementId(payload, prepared.backendId);
    for (const part of command.parts) attachment.connection.packets.write(part);
  },
};
