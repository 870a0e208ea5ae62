import { unknownCommand, unsupportedCommand } from '../client-errors.js';
import { Statement, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** A byte that no client may send, as servers answer it: 1047, and the connection stays. */
function asUnknown(): CommandHandler {
  return {
    begin(session, command) {
      session.statement = new Statement(command, UNKNOWN_COMMAND);
      session.answerError(unknownCommand());
    },
  };
}

/**
 * Commands between servers, whose conversation is not the client protocol's: 1235 where the server would know them, so that whoever sends
 * it reads why; 1047 where it would not.
 * @param since first version of MySQL that knows it, as in `SqlDialect.versionNumber`
 */
function betweenServers(name: string, since: number): CommandHandler {
  return {
    begin(session, command) {
      const { flavor, versionNumber } = session.state.dialect;
      const { user, address: client } = session.identity;
      session.services.log.warn({ session: session.opening.id, user, client, command: name }, 'a command between servers was refused');
      session.statement = new Statement(command, UNKNOWN_COMMAND);
      session.answerError(flavor === 'mysql' && versionNumber >= since ? unsupportedCommand(name) : unknownCommand());
    },
  };
}

/** Any byte that has no name. */
export const unknown: CommandHandler = asUnknown();
/** Names of threads and of states in the process list. */
export const sleep: CommandHandler = asUnknown();
export const connect: CommandHandler = asUnknown();
export const time: CommandHandler = asUnknown();
export const delayedInsert: CommandHandler = asUnknown();
export const connectOut: CommandHandler = asUnknown();
export const daemon: CommandHandler = asUnknown();
export const replicaWorker: CommandHandler = asUnknown();
export const replicaIo: CommandHandler = asUnknown();
export const replicaSql: CommandHandler = asUnknown();
/** Several commands in one packet: only ever in a beta of MariaDB 10.2. */
export const multi: CommandHandler = asUnknown();
/** CLONE INSTANCE FROM connects to its donor with it. From 8.0.17 by the manual; seen on 8.0.15. */
export const clone: CommandHandler = betweenServers('COM_CLONE', 80015);
/** Members of a group talk by it where group replication uses MySQL's own connections. */
export const subscribeGroupReplicationStream: CommandHandler = betweenServers('COM_SUBSCRIBE_GROUP_REPLICATION_STREAM', 80027);
