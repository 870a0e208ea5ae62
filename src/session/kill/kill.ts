import { encodeQuery, sqlOf } from '../../protocol/commands/query.js';
import { Command } from '../../protocol/commands.js';
import { encodeFrames } from '../../protocol/frame.js';
import type { SessionEffect } from '../../sql/facts.js';
import { type ClientCommand, joinedPayload } from '../client-command.js';
import { killUnreachable, notOwner } from '../client-errors.js';
import { guardLostTransaction } from '../lost-transaction-guard.js';
import { attributesOfQuery } from '../query-attributes.js';
import { ruled } from '../ruling.js';
import type { Session } from '../session.js';
import { Statement } from '../statement.js';
import { askBackend, type KillOutcome } from './ask-backend.js';
import { FIRST_OWN_ID, type KillOrder, type KillReport } from './kill-order.js';
import { mayKillOthers } from './may-kill-others.js';

/** What one KILL asks for, whichever way it came. */
export interface KillWish {
  readonly id: number;
  readonly query: boolean;
  /** MariaDB's KILL SOFT. */
  readonly soft: boolean;
}

type Found = Extract<KillReport, { kind: 'found' }>;
type KillEffect = Extract<SessionEffect, { kind: 'kill' }>;

/** ER_NO_SUCH_THREAD */
const UNKNOWN_THREAD = 1094;

/**
 * Carries out KILL or COM_PROCESS_KILL. The victim is looked for among the sessions of all processes; its server is told by a KILL of the
 * caller's own account, so that the server checks the rights. An id that means no session goes to the caller's server unchanged, which
 * knows it or gives the right error.
 * @param statement the client's command
 */
export function beginKill(session: Session, statement: Statement, wish: KillWish): void {
  session.statement = statement;
  statement.resume = () => beginKill(session, statement, wish);
  if (ruled(session, statement)) return;
  statement.resume = undefined;
  if (session.lostTransaction !== undefined && guardLostTransaction(session, statement)) return;
  session.phase = 'placing';
  carryOut(session, statement, wish).catch((error: unknown) => session.failed(error));
}

async function carryOut(session: Session, statement: Statement, wish: KillWish): Promise<void> {
  const report = await find(session, wish, false);
  // Its client may have gone, or it was killed itself.
  const isMine = () => session.phase === 'placing' && session.statement === statement;
  if (!isMine()) return;
  if (report.kind === 'unknown') return session.run(statement);
  const { thread } = report;
  const isServers = wish.id < FIRST_OWN_ID && session.opening.route !== 'split';
  if (report.self) return session.run(isServers ? statement : killInstead(session, statement, wish, 'CONNECTION_ID()'));
  if (thread !== undefined && isAtHand(session, thread.backend)) {
    const translated = killInstead(session, statement, wish, String(thread.id));
    translated.named = { server: thread.id, client: wish.id };
    translated.at = thread.backend;
    return session.run(translated);
  }
  const outcome = thread === undefined ? undefined : await tellServer(session, thread, wish);
  const allowed = report.mine || (outcome === undefined ? await mayKillOthers(session) : outcome.kind === 'ok');
  if (allowed && !report.mine) await session.services.kills.order({ ...orderOf(session, wish), allowed });
  if (isMine()) answer(session, allowed, wish, outcome);
}

/** The caller's own connection can be used to tell this backend, and now: KILL must not wait for a server. */
function isAtHand({ attachment, parked, inTransaction }: Session, backend: string): boolean {
  if (attachment?.backend === backend) return attachment.fitness(inTransaction) === 'use';
  return !inTransaction && parked.some((each) => each.backend === backend && each.fitness(false) === 'use');
}

function orderOf(session: Session, { id, query }: KillWish): KillOrder {
  const { identity, cluster, opening } = session;
  const by = { cluster: cluster.name, user: identity.user, caller: opening.id };
  return { id, query, ...by, backend: undefined, notCaller: false, allowed: false, look: false };
}

/**
 * Of several sessions with the same thread id on different servers, the one on the caller's own server is meant; the caller itself only
 * where there is no other: who asks for KILL by a number rarely means itself, and must not die because two servers count alike.
 */
async function find(session: Session, wish: KillWish, look: boolean): Promise<KillReport> {
  const { kills } = session.services;
  const order = { ...orderOf(session, wish), look };
  // CONNECTION_ID() is the primary's there.
  const isSplit = session.opening.route === 'split';
  const backend = isSplit ? session.cluster.link.snapshot.primary : session.attachment?.backend;
  if (wish.id < FIRST_OWN_ID) {
    for (const where of backend === undefined ? [undefined] : [backend, undefined]) {
      const other = await kills.order({ ...order, backend: where, notCaller: true });
      if (other.kind === 'found') return other;
    }
  }
  return kills.order(order);
}

function tellServer(session: Session, thread: NonNullable<Found['thread']>, wish: KillWish): Promise<KillOutcome> {
  return new Promise((resolve) => askBackend(session, thread.backend, killText(wish, String(thread.id)), undefined, resolve));
}

function answer(session: Session, mine: boolean, { id, query }: KillWish, outcome: KillOutcome | undefined): void {
  if (outcome === undefined) return mine ? session.answerOk() : session.answerError(notOwner(id));
  if (outcome.kind === 'ok') return session.answerOk();
  // What we hold of the victim has been ended already; a server that does not know the thread any more, or is gone, has ended the rest.
  const unknown = outcome.kind === 'err' && outcome.err.code === UNKNOWN_THREAD;
  if (mine && (unknown || (outcome.kind === 'unreachable' && !query))) return session.answerOk();
  if (outcome.kind === 'unreachable') return session.answerError(killUnreachable(id, outcome.why));
  session.answerError({ ...outcome.err, message: outcome.err.message.replace(/\b\d+$/, String(id)) });
}

function killText({ query, soft }: KillWish, whom: string): string {
  return `KILL ${soft ? 'SOFT ' : ''}${query ? 'QUERY ' : ''}${whom}`;
}

/** The same wish in words that the caller's server understands. */
function killInstead(session: Session, statement: Statement, wish: KillWish, whom: string): Statement {
  const sql = Buffer.from(killText(wish, whom));
  const payload = encodeQuery({ sql, attributes: [] }, session.identity.capabilities);
  return rewritten(session, statement, payload);
}

function rewritten(session: Session, original: Statement, payload: Buffer): Statement {
  const statement = new Statement(withPayload(original.command, payload), original.traits, original.facts);
  statement.namesTrackers = original.namesTrackers;
  statement.ruled = true;
  statement.order = original.order;
  statement.allowed = original.allowed;
  statement.attributes = attributesOfQuery(statement.command, session.identity.capabilities);
  return statement;
}

function withPayload(command: ClientCommand, payload: Buffer): ClientCommand {
  const frames = encodeFrames(payload, 0);
  return { ...command, code: Command.QUERY, parts: [frames], bytes: frames.length, announcedBytes: payload.length };
}

/**
 * A text of several statements with KILL among them: our ids are replaced by thread ids where the victims are on the caller's server;
 * others stay, and that server does not know them. (Killing them here would do it before its turn.)
 */
export function translateKills(session: Session, statement: Statement, kills: readonly KillEffect[]): void {
  session.statement = statement;
  statement.resume = () => translateKills(session, statement, kills);
  if (ruled(session, statement)) return;
  statement.resume = undefined;
  session.phase = 'placing';
  const payload = joinedPayload(statement.command);
  const text = sqlOf(payload, session.identity.capabilities);
  const head = payload.subarray(0, payload.length - text.length);
  const translate = async () => {
    const parts = [head];
    let at = 0;
    for (const { id, query, soft, start, end } of kills) {
      const report = typeof id === 'number' ? await find(session, { id, query, soft }, true) : undefined;
      if (report?.kind !== 'found' || report.thread === undefined || report.thread.backend !== session.attachment?.backend) continue;
      parts.push(text.subarray(at, start), Buffer.from(String(report.thread.id)));
      at = end;
    }
    if (session.phase !== 'placing' || session.statement !== statement) return;
    session.run(at === 0 ? statement : rewritten(session, statement, Buffer.concat([...parts, text.subarray(at)])));
  };
  translate().catch((error: unknown) => session.failed(error));
}

/** Kills of sessions of ours in a text of several statements. */
export function ownKills(effects: readonly SessionEffect[]): KillEffect[] {
  return effects.filter(
    (effect): effect is KillEffect => effect.kind === 'kill' && typeof effect.id === 'number' && effect.id >= FIRST_OWN_ID,
  );
}

/** The one KILL of a text of one statement. */
export function killIn(effects: readonly SessionEffect[]): KillEffect | undefined {
  return effects.find((effect) => effect.kind === 'kill');
}
