import { replaceStatementId } from '../../protocol/commands/statement-id.js';
import { firstPayload } from '../client-command.js';
import { reprepare } from '../reprepare.js';
import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';
import { preparedFor, refusedAsCut } from './refuse.js';
import { setStatementId } from './stmt-prepare.js';

/**
 * COM_STMT_SEND_LONG_DATA has no answer. What fits the limit is kept until the statement is executed, so that it can be sent again on
 * another connection; an unknown statement is ignored, as the server does.
 */
export const stmtSendLongData: CommandHandler = {
  begin(session, command) {
    if (refusedAsCut(session, command)) return;
    const prepared = preparedFor(session, command);
    const { attachment } = session;
    const known = prepared !== undefined && attachment !== undefined && prepared.connection === attachment.serial;
    if (!command.complete) {
      // Too large to keep: it streams to whichever connection the statement lives on.
      session.run(new Statement(command, HARMLESS_COMMAND, undefined, prepared));
      return;
    }
    if (prepared === undefined) return;
    if (prepared.longDataBytes + command.bytes <= session.services.maxRerunBytes) {
      prepared.longData.push(Buffer.concat(command.parts));
      prepared.longDataBytes += command.bytes;
    } else if (known) {
      prepared.unkeptLongDataConnection = attachment.serial;
    }
    if (!known) return;
    replaceStatementId(firstPayload(command), prepared.backendId);
    for (const part of command.parts) attachment.connection.packets.write(part);
  },
  async prepareFor(session, statement, attachment) {
    return statement.prepared === undefined ? 'ready' : reprepare(session, statement.prepared, attachment);
  },
  readyOn(statement, attachment) {
    return statement.prepared === undefined || statement.prepared.connection === attachment.serial;
  },
  outgoing(statement, attachment) {
    if (statement.prepared !== undefined) {
      setStatementId(statement, statement.prepared.backendId);
      statement.prepared.unkeptLongDataConnection = attachment.serial;
    }
    return statement.command.parts;
  },
};
