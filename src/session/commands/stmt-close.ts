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
    for (const [serial, { id }] of prepared.handles) {
      const attachment = session.connection(serial);
      if (attachment === undefined) continue;
      replaceStatementId(payload, id);
      // A copy: what could not be written at once still has its id.
      attachment.connection.packets.write(Buffer.concat(command.parts));
    }
  },
};
