import { setTimeout as sleep } from 'node:timers/promises';
import { StatusFlag } from '../../protocol/status-flags.js';
import { decodeTextRow } from '../../protocol/text-row.js';
import { detach, drop } from '../attach.js';
import type { Attachment } from '../attachment.js';
import { noteUpToDate } from '../bring-up-to-date.js';
import { handlerOf } from '../commands/index.js';
import { exchangeQuery } from '../exchange.js';
import { isKnownFresh } from '../freshness.js';
import { notePins } from '../learn-effects.js';
import { Placement } from '../placement.js';
import { prepareOn } from '../reprepare.js';
import { restore } from '../restore.js';
import type { Route } from '../services.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';
import { sameAnswer } from './answer-digest.js';
import { forcesInsertId } from './forced-insert-id.js';
import { plainTables } from './plain-tables.js';
import type { ReplayFailure } from './replay-cause.js';
import { replayExchange } from './replay-exchange.js';
import type { RecordedStatement, TransactionRecord } from './transaction-record.js';

/** The second one is without the ids that statements turned out not to want. */
const MOST_ROUNDS = 3;

/**
 * Many transactions are repeated at the same time, and meet others in other orders than the first time: a lock is waited for in vain, or in a circle
 * (ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK). So is a server that is not quite writable yet (ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE).
 */
const COLLISIONS: ReadonlySet<number> = new Set([1205, 1213, 1290, 1836]);

/** Before a round after a collision, ms, at random: others that met there are not to meet again. */
const COLLIDED_PAUSE_MS = 40;

/** What a round met that another one may not. */
interface Collision extends ReplayFailure {
  readonly collided: true;
}

/** What a round came to. `again`: ids forced on statements stayed behind unused, so all begins again without those. */
type Round = 'done' | 'again' | Collision | ReplayFailure;

const INTERRUPTED: ReplayFailure = { cause: 'interrupted', detail: 'the connection was lost again' };

/**
 * Repeats a recorded transaction on another server, up to the last answer that the client has. Afterwards the session has that connection, with the
 * transaction open on it, or nothing.
 * @param statement the client's next one, which waits for this
 * @param deadlineMs `performance.now()`
 */
export async function replayTransaction(
  session: Session,
  record: TransactionRecord,
  statement: Statement,
  deadlineMs: number,
): Promise<'done' | ReplayFailure> {
  const unforced = new Set<RecordedStatement>();
  let route = record.route;
  for (let round = 0; round < MOST_ROUNDS; ) {
    const attachment = await openFor(session, record, statement, route, deadlineMs);
    if (!(attachment instanceof Object && 'serial' in attachment)) return attachment;
    const first = record.entries[0]?.statement;
    if (route === 'replica' && first !== undefined && !isKnownFresh(session, first, attachment)) {
      // What the session has seen is not there (yet): the primary has it.
      drop(session);
      route = 'primary';
      round += 1;
      continue;
    }
    const end = await oneRound(session, attachment, record, statement, unforced, deadlineMs);
    if (end === 'done') return settle(session, attachment, record);
    drop(session, attachment);
    if (end === 'again') {
      round += 1;
      continue;
    }
    const pauseMs = Math.random() * COLLIDED_PAUSE_MS;
    if (!('collided' in end) || performance.now() + pauseMs >= deadlineMs) return end;
    await sleep(pauseMs);
    if (!isMine(session, statement)) return INTERRUPTED;
  }
  return { cause: 'differs', detail: 'insert ids could not be made the same' };
}

/** A connection with the session's state as of the transaction's beginning. */
async function openFor(
  session: Session,
  record: TransactionRecord,
  statement: Statement,
  route: Route,
  deadlineMs: number,
): Promise<Attachment | ReplayFailure> {
  const { schema } = record.startedWith;
  const { stats } = session.services;
  while (performance.now() < deadlineMs) {
    const placement = new Placement(session.cluster, {
      identity: session.identity,
      logins: session.identity.credentials,
      route,
      backend: statement.order.backend,
      schema,
      bytes: record.bytes + statement.command.bytes,
      avoid: undefined,
      held(waiting) {
        session.holding = waiting;
        statement.heldSinceMs ??= performance.now();
        stats.clients.heldStatements(waiting ? 1 : -1);
      },
    });
    session.cancelPlacing = () => placement.cancel();
    const end = await placement.run();
    if (!isMine(session, statement)) {
      if (end.kind === 'connected') end.connection.packets.destroy();
      return INTERRUPTED;
    }
    if (end.kind !== 'connected') return { cause: 'no-server', detail: end.kind === 'error' ? end.error.message : end.kind };
    for (const each of session.parked) if (each.backend === end.connection.backend) detach(session, each);
    const restored = await restore(session, end.connection, record.startedWith);
    if (!isMine(session, statement)) {
      end.connection.packets.destroy();
      return INTERRUPTED;
    }
    // Nothing of the transaction has been sent: another server, or the same again.
    if (restored === 'lost') continue;
    const attachment = session.adopt(end.connection, route);
    attachment.schema = schema;
    if (restored === 'restored') return attachment;
    drop(session);
    return { cause: 'state', detail: restored.message };
  }
  return { cause: 'no-server', detail: 'none in time' };
}

function isMine(session: Session, statement: Statement): boolean {
  return session.phase === 'placing' && session.statement === statement && !statement.killed;
}

async function oneRound(
  session: Session,
  attachment: Attachment,
  record: TransactionRecord,
  statement: Statement,
  unforced: Set<RecordedStatement>,
  deadlineMs: number,
): Promise<Round> {
  const { connection } = attachment;
  const leftMs = () => deadlineMs - performance.now();
  const goesOn = () => isMine(session, statement) && session.attachment === attachment;
  if (statement.sent && !statement.traits.harmless && !statement.read) {
    const plain = await plainTables(connection, leftMs());
    if (plain === 'some') return { cause: 'not-replayable', detail: 'a write without an answer, and tables without transactions' };
  }
  for (const entry of record.entries) {
    const { prepared } = entry.statement;
    if (prepared === undefined || prepared.handles.has(attachment.serial)) continue;
    if (!goesOn()) return INTERRUPTED;
    const end = await prepareOn(session, prepared, attachment, record.startedWith);
    if (end !== 'ready') return end === 'lost' ? INTERRUPTED : { cause: 'state', detail: end.message };
  }
  let statusFlags = 0;
  let areUnused = false;
  for (const [index, entry] of record.entries.entries()) {
    const forced = unforced.has(entry) ? 'no' : forcesInsertId(entry);
    if (forced !== 'no') await exchangeQuery(connection, `SET insert_id=${entry.insertId}`, leftMs());
    if (!goesOn()) return INTERRUPTED;
    const { code } = entry.statement.command;
    const answer = await replayExchange(connection, code, framesOf(entry, attachment), record.digest, statusFlags, leftMs());
    if (answer.kind === 'lost' || !goesOn()) return INTERRUPTED;
    ({ statusFlags } = answer);
    if (forced === 'perhaps' && (await isLeftBehind(attachment, entry, leftMs()))) {
      unforced.add(entry);
      areUnused = true;
    }
    if (!areUnused && !sameAnswer(record.digest, entry)) return otherAnswer(record, index);
  }
  if (areUnused) return 'again';
  if (!goesOn()) return INTERRUPTED;
  attachment.statusFlags = statusFlags;
  if ((statusFlags & StatusFlag.IN_TRANS) === 0) return { cause: 'differs', detail: 'no transaction was open at its end' };
  return 'done';
}

function otherAnswer({ entries, digest: { errorCode } }: TransactionRecord, index: number): Collision | ReplayFailure {
  const which = `statement ${index + 1} of ${entries.length}`;
  const detail = `the answer to ${which} was another one${errorCode === 0 ? '' : ` (error ${errorCode})`}`;
  return COLLISIONS.has(errorCode) ? { cause: 'differs', detail, collided: true } : { cause: 'differs', detail };
}

/** As they were sent the first time, for this server. */
function framesOf(entry: RecordedStatement, attachment: Attachment): readonly Buffer[] {
  const { statement, types, namedTypes, longData } = entry;
  const { prepared, command } = statement;
  if (prepared === undefined) return handlerOf(command.code).outgoing?.(statement, attachment) ?? command.parts;
  const now = { types: prepared.types, namedTypes: prepared.namedTypes, longData: prepared.longData };
  prepared.types = types;
  prepared.namedTypes = namedTypes;
  prepared.longData = [...longData];
  const frames = handlerOf(command.code).outgoing?.(statement, attachment) ?? command.parts;
  // Long data of the client's next EXECUTE is kept for that.
  prepared.longData = now.longData;
  if (prepared.types === undefined) prepared.types = now.types;
  if (prepared.namedTypes === undefined) prepared.namedTypes = now.namedTypes;
  return frames;
}

/** An id that no insert has taken: the next one of the client's would. */
async function isLeftBehind(attachment: Attachment, { insertId }: RecordedStatement, timeoutMs: number): Promise<boolean> {
  const end = await exchangeQuery(attachment.connection, 'SELECT @@insert_id', timeoutMs);
  const row = end.kind === 'ok' ? end.rows[0] : undefined;
  return row !== undefined && decodeTextRow(row)[0]?.toString('latin1') === String(insertId);
}

/** The new connection is as the lost one was. */
function settle(session: Session, attachment: Attachment, record: TransactionRecord): 'done' {
  const { state, replies } = session;
  noteUpToDate(session, attachment);
  for (const { statement } of record.entries) {
    // Made again from other rows, perhaps: read again.
    for (const effect of statement.facts?.effects ?? [])
      if (effect.kind === 'user-variable') state.apply([{ ...effect, literal: undefined }]);
  }
  replies.lastOn = attachment;
  replies.foundRowsOn = attachment;
  notePins(session);
  attachment.record = record;
  record.replayed();
  return 'done';
}
