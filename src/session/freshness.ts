import { Command } from '../protocol/commands.js';
import { type Consistency, type ConsistencyLevel, LISTED_AFTER_MS } from '../routing/consistency.js';
import type { GroupMarks } from '../topology/link.js';
import type { Marks } from '../topology/marks.js';
import type { BackendPosition } from '../topology/position-view.js';
import { highestOf, ownedSet } from '../topology/progress.js';
import type { Attachment } from './attachment.js';
import type { Preparation } from './commands/command-handler.js';
import { boundTo } from './destination.js';
import { answerBehind, DIAGNOSTIC_COLUMNS, remember } from './diagnostics.js';
import { exchangeQuery } from './exchange.js';
import { waitForCluster } from './galera-wait.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** `stale`: waiting does not help here; `late`: it was waited for in vain; `lost`: the connection ended meanwhile. */
type Freshness = 'fresh' | 'stale' | 'late' | 'lost';

/** A server that answers a wait this much later than it was told to has hung. */
export const HUNG_MS = 2_000;

/** Reads on the primary for want of a look, before it is asked. */
const PATIENT_READS = 2;

const POSITION_SQL = {
  // Owned first, see ServerSample.owned.
  mysql: `SELECT ${DIAGNOSTIC_COLUMNS},CONCAT_WS(',', NULLIF(@@global.gtid_owned, ''), @@global.gtid_executed)`,
  mariadb: `SELECT ${DIAGNOSTIC_COLUMNS},CONCAT_WS(',', NULLIF(@@global.gtid_binlog_state, ''), NULLIF(@@global.gtid_slave_pos, ''))`,
} as const;

/** What the reads of a statement are promised: by its rule, else by the cluster. */
export function consistencyOf(session: Session, statement: Statement): ConsistencyLevel {
  return statement.order.consistency ?? session.cluster.reads.consistency;
}

/** Commands that run a text; the others of a prepared statement only deal with what is there. */
export const RUNS: ReadonlySet<number> = new Set([Command.QUERY, Command.STMT_EXECUTE]);

/**
 * A read that begins on a replica, with no reason to be there other than that. One that has to be where it is (a pin, a cursor, a secret that
 * only this connection proves) or was sent there by name takes what there is.
 */
function wantsFreshness(session: Session, statement: Statement, attachment: Attachment): boolean {
  const { about, command, order, route } = statement;
  if (route !== 'replica' || about === undefined || !RUNS.has(command.code) || order.backend !== undefined) return false;
  if (!about.pureRead && !(about.begins && about.readOnlyRequested)) return false;
  if (attachment === session.attachment && session.inTransaction) return false;
  if (attachment === session.pinHolder || session.identity.credentials.length === 0) return false;
  return attachment.backend !== attachment.cluster.link.snapshot.primary && boundTo(session, statement) === undefined;
}

/** False: `makeFresh` has something to do first. Counted as `polled` when it can be answered. */
export function isKnownFresh(session: Session, statement: Statement, attachment: Attachment): boolean {
  if (!wantsFreshness(session, statement, attachment)) return true;
  if (!isFresh(session, statement, attachment.backend)) return false;
  session.services.stats.freshRead('polled');
  return true;
}

/** Before a read is sent: waits for a moment where that helps, else chooses another replica that has what is wanted, else the primary. */
export async function makeFresh(session: Session, statement: Statement, attachment: Attachment): Promise<Preparation> {
  if (!wantsFreshness(session, statement, attachment)) return 'ready';
  const level = consistencyOf(session, statement);
  if (level === 'eventual') return 'ready';
  const { link } = session.cluster;
  const group = level === 'global' ? await link.groupMarks() : undefined;
  const isUnknown = level === 'global' && group === undefined;
  const freshness = isUnknown ? 'stale' : await freshen(session, attachment, group);
  if (freshness === 'fresh') return 'ready';
  if (freshness === 'lost' || session.statement !== statement) return 'again';
  // Sent elsewhere once already, or nobody can say what is wanted: the primary has it in any case.
  const other = isUnknown || statement.tooOld !== undefined ? undefined : otherReplica(session, attachment, group, freshness === 'stale');
  session.services.stats.freshRead(other === undefined ? 'primary' : 'elsewhere');
  if (other === undefined) {
    statement.sendToPrimary();
  } else {
    statement.at = other;
    const replicas = link.snapshot.backends.filter(({ name, role }) => role === 'replica' && name !== other);
    statement.tooOld = new Set(replicas.map(({ name }) => name));
  }
  return 'again';
}

/** A replica that is known to have what is wanted; or, if nothing was waited for so far, one at which waiting may help. */
function otherReplica(session: Session, { backend }: Attachment, group: GroupMarks | undefined, mayWait: boolean): string | undefined {
  const { link, name: cluster } = session.cluster;
  const consistency = session.replies.promises.of(cluster);
  const others = link.snapshot.backends.filter(
    ({ name, role, readable, state }) => role === 'replica' && readable && state === 'online' && name !== backend,
  );
  const fresh = others.find(({ name }) => holds(consistency, session, name, group));
  if (fresh !== undefined || !mayWait || session.cluster.reads.waitBudgetMs === 0) return fresh?.name;
  const nowMs = performance.now();
  return others.find(({ name }) => {
    const position = link.positions.of(name);
    if (position?.worthWaiting(nowMs) !== true) return false;
    return consistency.lacking(position, link.positions, link.snapshot.primary, group?.marks) !== undefined;
  })?.name;
}

/** For the choice of a replica: those that a read should not be sent to, as long as there are others. */
export function knownTooOld(session: Session, statement: Statement): ReadonlySet<string> | undefined {
  if (statement.tooOld !== undefined || statement.route !== 'replica' || statement.about?.pureRead !== true) return statement.tooOld;
  const stale = staleBackends(session, statement);
  const { backends } = session.cluster.link.snapshot;
  return backends.some(({ name, role, readable }) => role === 'replica' && readable && !stale.has(name)) ? stale : undefined;
}

/**
 * True when a server is known to show what the statement must see. Costs a comparison while the session only reads there. Never true for
 * `global` in a worker process, which has to ask the others.
 */
function isFresh(session: Session, statement: Statement, backend: string): boolean {
  const level = consistencyOf(session, statement);
  if (level === 'eventual') return true;
  const { link, name } = session.cluster;
  const group = level === 'global' ? link.groupMarksAtHand : undefined;
  if (level === 'global' && group === undefined) return false;
  return holds(session.replies.promises.of(name), session, backend, group);
}

function holds(consistency: Consistency, session: Session, backend: string, group: GroupMarks | undefined): boolean {
  const { positions, snapshot } = session.cluster.link;
  if (backend === snapshot.primary) return true;
  const position = positions.of(backend);
  return group === undefined
    ? consistency.isFresh(position, positions, snapshot.primary)
    : consistency.isFreshForAll(position, positions, snapshot.primary, group);
}

/** Replicas that are not known to show what the statement must see. */
function staleBackends(session: Session, statement: Statement): ReadonlySet<string> {
  const stale = new Set<string>();
  const { snapshot } = session.cluster.link;
  for (const { name, role } of snapshot.backends) if (role === 'replica' && !isFresh(session, statement, name)) stale.add(name);
  return stale;
}

/** Makes sure that a replica will show what a read must see, if need be by waiting there for a moment. */
async function freshen(session: Session, attachment: Attachment, group: GroupMarks | undefined): Promise<Freshness> {
  const { backend } = attachment;
  const { link, name, reads } = session.cluster;
  const { stats } = session.services;
  const consistency = session.replies.promises.of(name);
  if (holds(consistency, session, backend, group)) {
    stats.freshRead('polled');
    return 'fresh';
  }
  if (link.snapshot.topology?.kind === 'galera') {
    if (session.replies.rowsAsked) await remember(attachment);
    const end = await waitForCluster(attachment, reads.waitBudgetMs);
    if (end !== 'lost') stats.freshRead(end === 'fresh' ? 'waited' : 'wait_failed');
    return end;
  }
  const position = link.positions.of(backend);
  if (position === undefined || reads.waitBudgetMs === 0 || !position.worthWaiting(performance.now())) return 'stale';
  const lacking =
    consistency.lacking(position, link.positions, link.snapshot.primary, group?.marks) ??
    ((await askPrimary(session, consistency))
      ? consistency.lacking(position, link.positions, link.snapshot.primary, group?.marks)
      : undefined);
  if (lacking === undefined || lacking.isEmpty) return 'stale';
  if (session.replies.rowsAsked) await remember(attachment);
  const end = await waitFor(attachment, position, lacking, reads.waitBudgetMs);
  const nowMs = performance.now();
  for (const [stream, last] of lacking) {
    if (end === 'fresh') position.proved(stream, last, nowMs);
    else position.missed(stream, last, nowMs);
  }
  if (end !== 'lost') stats.freshRead(end === 'fresh' ? 'waited' : 'wait_failed');
  // The server may have been set back meanwhile, and more may be wanted of it by now.
  return end === 'fresh' && !holds(consistency, session, backend, group) ? 'late' : end;
}

/**
 * Data was read on the primary that no GTID of the session's stands for, such as in a transaction without writes. A look of the monitor from after
 * that comes soon, but a session that reads on all the time reads on the primary meanwhile, and so wants ever later looks. So after some
 * such reads the primary is asked what it has.
 */
async function askPrimary(session: Session, consistency: Consistency): Promise<boolean> {
  const { link } = session.cluster;
  const { primary } = link.snapshot;
  const { seen } = consistency;
  consistency.readsInVain += 1;
  if (consistency.readsInVain <= PATIENT_READS || primary === undefined || seen?.backend !== primary) return false;
  const home = [session.attachment, ...session.parked].find((each) => each?.backend === primary && each.cluster === session.cluster);
  if (home === undefined || link.positions.of(primary)?.hasGtids !== true) return false;
  const sinceMs = performance.now() - seen.atMs;
  if (sinceMs < LISTED_AFTER_MS) await new Promise((resolve) => setTimeout(resolve, LISTED_AFTER_MS - sinceMs));
  const end = await exchangeQuery(home.connection, POSITION_SQL[home.flavor], session.cluster.connectTimeoutMs);
  const text = ownedSet(answerBehind(home, end));
  if (text === '' || consistency.seen?.atMs !== seen.atMs) return false;
  consistency.readsInVain = 0;
  consistency.hadAll(highestOf(home.flavor, text), performance.now());
  return true;
}

async function waitFor(attachment: Attachment, position: BackendPosition, lacking: Marks, budgetMs: number): Promise<Freshness> {
  const sql = attachment.flavor === 'mysql' ? mysqlWait(position, lacking, budgetMs) : mariadbWait(lacking, budgetMs);
  const end = await exchangeQuery(attachment.connection, sql, budgetMs + HUNG_MS);
  if (end.kind === 'lost') return 'lost';
  return answerBehind(attachment, end) === '0' ? 'fresh' : 'late';
}

/**
 * MySQL 8.0.15 cuts the time-out of WAIT_FOR_EXECUTED_GTID_SET to whole seconds, so the hint ends it (error 3024; measured). Everything up to
 * the mark is waited for: with several appliers a later transaction may come first.
 */
function mysqlWait(position: BackendPosition, lacking: Marks, budgetMs: number): string {
  const sets = [...lacking].map(([stream, last]) => `${stream}:${(position.reached.get(stream) ?? 0) + 1}-${last}`);
  const seconds = Math.ceil(budgetMs / 1000);
  return `SELECT /*+ MAX_EXECUTION_TIME(${budgetMs}) */ ${DIAGNOSTIC_COLUMNS},WAIT_FOR_EXECUTED_GTID_SET('${sets.join(',')}', ${seconds})`;
}

/** Only domain and sequence count in a MASTER_GTID_WAIT; its time-out may be a fraction. */
function mariadbWait(lacking: Marks, budgetMs: number): string {
  const gtids = [...lacking].map(([domain, sequence]) => `${domain}-1-${sequence}`);
  return `SELECT ${DIAGNOSTIC_COLUMNS},MASTER_GTID_WAIT('${gtids.join(',')}', ${budgetMs / 1000})`;
}
