import { LAST_PREPARED, replaceStatementId, statementId } from '../../protocol/commands/statement-id.js';
import { type ClientCommand, firstPayload } from '../client-command.js';
import { malformedPacket, unknownStatement } from '../client-errors.js';
import type { PreparedStatement } from '../prepared-statements.js';
import type { Session } from '../session.js';
import { HARMLESS_COMMAND, Statement, UNKNOWN_COMMAND } from '../statement.js';

/** The command byte and a statement id. */
const STATEMENT_HEAD = 5;

/**
 * Refuses a command on a prepared statement that ends before its statement id, as MySQL does: with 1835 even where the command has no
 * answer otherwise. (MariaDB reads whatever lay in its buffer.)
 * @returns true when it has been answered
 */
export function refusedAsCut(session: Session, command: ClientCommand): boolean {
  if (firstPayload(command).length >= STATEMENT_HEAD) return false;
  session.statement = new Statement(command, UNKNOWN_COMMAND);
  session.answerError(malformedPacket());
  return true;
}

/**
 * The statement that a command names. MariaDB takes -1 for the one prepared last, in all these commands (seen on 10.11), so that a client can
 * execute before it knows the id; to MySQL it is a number that nobody has.
 */
export function preparedFor(session: Session, command: ClientCommand): PreparedStatement | undefined {
  const id = statementId(firstPayload(command));
  return id === LAST_PREPARED && session.state.dialect.flavor !== 'mysql' ? session.prepared.last : session.prepared.get(id);
}

/**
 * Answers a command on a statement that this session never prepared, or closed.
 * @param place of MariaDB's source that its message names; MySQL names another
 */
export function refuseUnknownStatement(session: Session, command: ClientCommand, id: number, place: string): void {
  const { attachment, lostTransaction } = session;
  if (attachment !== undefined && lostTransaction === undefined && command.complete) {
    // The server says it itself, so that SHOW ERRORS tells of it. An id that it has given to something else must not reach it; none is 0.
    const unknown = new Statement(command, HARMLESS_COMMAND);
    const asked = session.prepared.isServers(id) ? 0 : id;
    unknown.named = { server: asked, client: id };
    replaceStatementId(firstPayload(command), asked);
    return session.run(unknown);
  }
  session.statement = new Statement(command, UNKNOWN_COMMAND);
  session.answerError(unknownStatement(id, session.state.dialect.flavor === 'mysql' ? 'mysql_stmt_precheck' : place));
}
