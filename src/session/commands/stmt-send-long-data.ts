import { longDataFrames } from '../parameter-types.js';
import { reprepare } from '../reprepare.js';
import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';
import { preparedFor, refusedAsCut } from './refuse.js';
import { setStatementId } from './stmt-prepare.js';

/**
 * COM_STMT_SEND_LONG_DATA has no answer. What fits the limit is kept until the statement is executed and sent then, to whichever server
 * that is; what is too large goes to one connection at once, and ties the statement to it. An unknown statement is ignored, as the server does.
 */
export const stmtSendLongData: CommandHandler = {
  begin(session, command) {
    if (refusedAsCut(session, command)) return;
    const prepared = preparedFor(session, command);
    if (prepared === undefined && command.complete) return;
    const isTied = prepared === undefined || session.connection(prepared.unkeptLongDataConnection) !== undefined;
    if (!isTied && command.complete && prepared.longDataBytes + command.bytes <= session.services.maxRerunBytes) {
      prepared.longData.push(Buffer.concat(command.parts));
      prepared.longDataBytes += command.bytes;
    } else {
      session.run(new Statement(command, HARMLESS_COMMAND, undefined, prepared));
    }
  },
  async prepareFor(session, statement, attachment) {
    return statement.prepared === undefined ? 'ready' : reprepare(session, statement, statement.prepared, attachment);
  },
  readyOn(statement, attachment) {
    return statement.prepared === undefined || statement.prepared.handles.has(attachment.serial);
  },
  outgoing(statement, attachment) {
    const { prepared, command } = statement;
    if (prepared === undefined) return command.parts;
    const kept = longDataFrames(prepared, attachment.serial);
    prepared.longData = [];
    prepared.unkeptLongDataConnection = attachment.serial;
    setStatementId(statement, prepared.handles.get(attachment.serial)?.id ?? 0);
    return kept.length === 0 ? command.parts : [...kept, ...command.parts];
  },
};
