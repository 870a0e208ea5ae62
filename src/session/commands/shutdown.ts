import { shutdownDenied } from '../client-errors.js';
import type { Session } from '../session.js';
import { Statement, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** From 8.0 on MySQL knows the SQL statement only. */
const GONE_SINCE = 80000;

/** COM_SHUTDOWN, which `mysqladmin shutdown` of MariaDB sends: an endpoint's clients stop no servers unless `allowShutdown` says so. */
export const shutdown: CommandHandler = {
  begin(session, command) {
    const statement = new Statement(command, UNKNOWN_COMMAND);
    const { flavor, versionNumber } = session.state.dialect;
    // There it is a byte without a meaning, and the server's to refuse: its count of warnings goes up by that.
    const isGone = flavor === 'mysql' && versionNumber >= GONE_SINCE;
    if (isGone || !refusedShutdown(session, statement)) session.run(statement);
  },
};

/** SHUTDOWN or RESTART, in whatever form: true when it has been refused. A text of several statements is refused as a whole. */
export function refusedShutdown(session: Session, statement: Statement): boolean {
  const { cluster, identity, services, opening } = session;
  if (cluster.allowShutdown) return false;
  services.log.warn({ session: opening.id, user: identity.user, client: identity.address }, 'SHUTDOWN was refused (allowShutdown)');
  session.statement = statement;
  session.answerError(shutdownDenied(cluster.name));
  return true;
}
