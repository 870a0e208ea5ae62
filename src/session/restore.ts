import type { BackendConnection } from '../backend/dial-request.js';
import { runCommand, runStatement, type StatementOutcome } from '../backend/run-statement.js';
import { type RestorableState, restoreStatement } from '../backend/session-restore.js';
import { changesOf } from '../backend/tracked-changes.js';
import { armedFor } from '../backend/tracker-settings.js';
import { Command } from '../protocol/commands.js';
import type { OkPacket } from '../protocol/ok.js';
import { flavorOf } from './attachment.js';
import type { CarriedState } from './carried-state.js';
import { type ClientError, stateLost } from './client-errors.js';
import { MUST_CHANGE_PASSWORD } from './sandbox.js';
import type { Session } from './session.js';

/**
 * Gives a fresh connection the session's state and arms the trackers, in one round trip. Where the server refuses a variable, the others
 * are restored one by one and the error names what is lost; the connection is good all the same.
 * @param as the state to give it: the session's present one, or that of the beginning of a transaction
 */
export async function restore(
  session: Session,
  connection: BackendConnection,
  as: CarriedState = session.state.carried(),
): Promise<'restored' | 'lost' | ClientError> {
  const { state } = session;
  if (as.wasReset && (await resetFirst(session, connection)).kind === 'lost') return 'lost';
  const role = await setRole(session, connection, as.role);
  if (role === 'lost') return 'lost';
  const all: RestorableState = { variables: as.variables, userVariables: as.userVariables };
  const end = await set(session, connection, all, true);
  if (end.kind === 'lost') return 'lost';
  if (end.kind === 'ok') {
    learnSqlMode(session, end.ok.sessionTrack);
    return restoreRest(session, connection, as, role);
  }
  // An expired password: nothing can be set before it is changed.
  if (end.err.code === MUST_CHANGE_PASSWORD) {
    state.sandboxed = true;
    return 'restored';
  }
  if ((await set(session, connection, { variables: [], userVariables: all.userVariables }, true)).kind === 'lost') return 'lost';
  const lost: string[] = [...role];
  for (const variable of all.variables) {
    const single = await set(session, connection, { variables: [variable], userVariables: [] }, false);
    if (single.kind === 'lost') return 'lost';
    if (single.kind === 'err') {
      lost.push(`${variable[0]} (${single.err.message})`);
      state.variables.delete(variable[0]);
    }
  }
  return lost.length === 0 ? 'restored' : stateLost(`variables ${lost.join(', ')}`, connection.backend);
}

/** What arming made the server tell: see `restoreStatement`. A mode that the session has set itself stands. */
export function learnSqlMode({ state }: Session, track: OkPacket['sessionTrack']): void {
  const mode = track === undefined ? undefined : changesOf(track).variables?.find(([name]) => name === 'sql_mode')?.[1];
  if (mode !== undefined && !state.variables.has('sql_mode')) state.initialSqlMode = mode;
}

/** Its rights may be needed for all that follows. What could not be done, in words. */
async function setRole(session: Session, connection: BackendConnection, sql: string | undefined): Promise<'lost' | readonly string[]> {
  if (sql === undefined) return [];
  const end = await query(session, connection, sql);
  if (end.kind === 'lost') return 'lost';
  if (end.kind === 'ok' || end.err.code === MUST_CHANGE_PASSWORD) return [];
  session.state.forgetRole();
  return [`role (${end.err.message})`];
}

/** What no SET of variables can stand for: `SET TRANSACTION ...` for the next one. PREPAREs follow when they are needed (`text-prepares`). */
async function restoreRest(
  session: Session,
  connection: BackendConnection,
  { nextTransaction }: CarriedState,
  before: readonly string[],
): Promise<'restored' | 'lost' | ClientError> {
  if (nextTransaction !== undefined && (await query(session, connection, nextTransaction)).kind === 'lost') return 'lost';
  return before.length === 0 ? 'restored' : stateLost(before.join(', '), connection.backend);
}

function set(session: Session, connection: BackendConnection, state: RestorableState, arm: boolean): Promise<StatementOutcome> {
  const trackers = armedFor(session.trackFilter.settings);
  return query(session, connection, restoreStatement(flavorOf(connection), { ...state, trackers }, arm));
}

/** So that what the session has not set itself is as the client's own reset left it. */
function resetFirst(session: Session, connection: BackendConnection): Promise<StatementOutcome> {
  return new Promise((resolve) => runCommand(connection, Command.RESET_CONNECTION, session.cluster.connectTimeoutMs, resolve));
}

function query(session: Session, connection: BackendConnection, sql: string): Promise<StatementOutcome> {
  return new Promise((resolve) => runStatement(connection, sql, session.cluster.connectTimeoutMs, resolve));
}
