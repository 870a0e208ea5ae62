import { Command } from '../protocol/commands.js';
import { type SplitChoice, splitRoute } from '../routing/split.js';
import type { Attachment } from './attachment.js';
import { here, lastPlace } from './last-place.js';
import { park } from './parking.js';
import type { PreparedStatement } from './prepared-statements.js';
import type { Route } from './services.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { digestOf } from './statement-digest.js';

/** Commands that are as good on one connection of the session as on another; the warnings of the statement before may come with their answer. */
const ANYWHERE: ReadonlySet<number> = new Set([
  Command.PING,
  Command.INIT_DB,
  Command.FIELD_LIST,
  Command.STATISTICS,
  Command.SET_OPTION,
  Command.RESET_CONNECTION,
  Command.STMT_RESET,
  Command.STMT_FETCH,
]);

/**
 * Which of the session's connections a statement is to run on, and by which route one is to be found where it has none (`statement.route`).
 * One decision per statement; nothing is opened or waited for here.
 */
export function connectionFor(session: Session, statement: Statement): Attachment | undefined {
  const { attachment, pinHolder } = session;
  if (attachment !== undefined && (session.inTransaction || session.identity.credentials.length === 0)) {
    statement.route = attachment.route;
    return attachment;
  }
  enterCluster(session, statement.order.cluster);
  const route = routeOf(session, statement);
  const last = route === 'stay' ? lastPlace(session, statement) : undefined;
  statement.route = route === 'stay' ? (last?.route ?? 'primary') : route;
  const { backend } = statement.order;
  const bound = boundTo(session, statement) ?? connectedTo(session, statement.at);
  if (bound !== undefined) {
    // What only deals with a statement that is there makes a replica's connection no place to write.
    if (route === 'stay') statement.route = bound.route;
    return bound;
  }
  const isHeld = pinHolder?.cluster === session.cluster && (pinHolder.route === 'primary' || pinHolder.serves(statement.route));
  if (isHeld) return pinHolder;
  if (last !== undefined && statement.tooOld?.has(last.backend) !== true) return last;
  const isFor = (each: Attachment) =>
    each.cluster === session.cluster && fits(each, statement.route, backend) && statement.tooOld?.has(each.backend) !== true;
  const present = session.attachment;
  // Of several replicas the one used last: it had what was wanted then.
  return present !== undefined && isFor(present) ? present : session.parked.findLast(isFor);
}

function connectedTo({ attachment, parked }: Session, backend: string | undefined): Attachment | undefined {
  if (backend === undefined) return undefined;
  return attachment?.backend === backend ? attachment : parked.find((each) => each.backend === backend);
}

/** The connections to another cluster wait; what only they have does not concern it. */
function enterCluster(session: Session, name: string | undefined): void {
  const wanted = (name === undefined ? undefined : session.services.clusters.get(name)) ?? session.opening.cluster;
  if (wanted === session.cluster) return;
  park(session);
  session.cluster = wanted;
}

function fits(attachment: Attachment, route: Route, backend: string | undefined): boolean {
  return backend === undefined ? attachment.serves(route) : attachment.backend === backend;
}

/** An open cursor, or long data that was too much to keep, is on one connection and nowhere else. */
export function boundTo(session: Session, { prepared, command }: Statement): Attachment | undefined {
  if (prepared === undefined) return undefined;
  const { cursorConnection: cursor, unkeptLongDataConnection: longData } = prepared;
  // Without a cursor it is an error, which is then the last statement's.
  if (command.code === Command.STMT_FETCH)
    return session.connection(cursor) ?? here(session, session.pinHolder) ?? knowing(session, prepared);
  if (command.code === Command.STMT_RESET) return session.connection(cursor !== 0 ? cursor : longData) ?? knowing(session, prepared);
  return session.connection(longData);
}

/** A connection on which the statement is prepared. */
function knowing(session: Session, { handles }: PreparedStatement): Attachment | undefined {
  for (const serial of handles.keys()) {
    const connection = session.connection(serial);
    if (connection !== undefined) return connection;
  }
  return undefined;
}

function routeOf(session: Session, statement: Statement): SplitChoice['route'] {
  const wanted = statement.order.route ?? session.opening.route;
  if (wanted !== 'split') return wanted;
  const { command, prepared } = statement;
  // Of a statement that nobody knows any server says the same.
  if (ANYWHERE.has(command.code) || (command.code === Command.STMT_EXECUTE && prepared === undefined)) return 'stay';
  const { state } = session;
  const { route } = splitRoute(statement.about, {
    inTransaction: session.inTransaction,
    autocommit: state.autocommit,
    nextTransaction: state.nextTransaction !== undefined,
  });
  if (route === 'replica' && state.hiddenUserVariables && statement.about?.usesUserVariables === true) return 'primary';
  const { primaryOnly } = session.cluster;
  if (route === 'replica' && !primaryOnly.isEmpty && primaryOnly.has(digestOf(statement, state.dialect, session.services.digests)))
    return 'primary';
  return route;
}
