import { statementId } from '../../protocol/commands/statement-id.js';
import { firstPayload } from '../client-command.js';
import { beginKill } from '../kill/kill.js';
import { killOf } from '../kill/prepared-kill.js';
import { executionFrames, longDataFrames } from '../parameter-types.js';
import { attributesOfExecute, checkAttributes, needsTranslation } from '../query-attributes.js';
import { readBack } from '../read-back.js';
import { reprepare } from '../reprepare.js';
import { Statement, traitsOf } from '../statement.js';
import type { CommandHandler } from './command-handler.js';
import { preparedFor, refusedAsCut, refuseUnknownStatement } from './refuse.js';
import { refusedShutdown } from './shutdown.js';
import { setStatementId } from './stmt-prepare.js';

/** COM_STMT_EXECUTE: under the server's id, prepared again where needed, with the parameter types that server has not been told. */
export const stmtExecute: CommandHandler = {
  begin(session, command) {
    if (refusedAsCut(session, command)) return;
    const prepared = preparedFor(session, command);
    if (prepared === undefined) {
      refuseUnknownStatement(session, command, statementId(firstPayload(command)), 'mysqld_stmt_execute');
      return;
    }
    const { facts } = prepared;
    const statement = new Statement(command, traitsOf(facts), facts, prepared);
    statement.attributes = attributesOfExecute(command, prepared, session.identity.capabilities);
    if (facts.kind === 'admin' && facts.effects.some(({ kind }) => kind === 'shutdown') && refusedShutdown(session, statement)) return;
    const kill = facts.kind === 'admin' ? killOf(session, prepared, command) : undefined;
    if (kill === undefined) session.run(statement);
    else beginKill(session, statement, kill);
  },
  readyOn(statement, attachment) {
    return statement.prepared?.handles.has(attachment.serial) === true && !needsTranslation(statement, attachment);
  },
  async prepareFor(session, statement, attachment) {
    if (checkAttributes(session, statement, attachment) === 'answered') return 'answered';
    return statement.prepared === undefined ? 'ready' : reprepare(session, statement, statement.prepared, attachment);
  },
  outgoing(statement, attachment) {
    const { prepared } = statement;
    if (prepared === undefined) return statement.command.parts;
    const { serial, connection } = attachment;
    setStatementId(statement, prepared.handles.get(serial)?.id ?? 0);
    const frames = executionFrames(statement.command, prepared, serial, connection.capabilities, statement.attributes !== 'unspoken');
    return prepared.longData.length === 0 ? frames : [...longDataFrames(prepared, serial), ...frames];
  },
  completed(session, statement, ok) {
    statement.prepared?.forgetLongData();
    if (statement.prepared !== undefined && session.attachment !== undefined) {
      statement.prepared.cursorConnection = session.replies.cursorOpened ? session.attachment.serial : 0;
    }
    readBack(session, statement, ok);
  },
};
