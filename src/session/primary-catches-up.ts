import { ABOUT_LAST_STATEMENT, type StatementFacts } from '../sql/facts.js';
import { GtidSet } from '../topology/gtid-set.js';
import { ownedSet } from '../topology/progress.js';
import type { Attachment } from './attachment.js';
import type { Preparation } from './commands/command-handler.js';
import { answerBehind, DIAGNOSTIC_COLUMNS, remember } from './diagnostics.js';
import { exchangeQuery } from './exchange.js';
import { consistencyOf, HUNG_MS, RUNS } from './freshness.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';

/**
 * A primary sends a transaction to its replicas before it shows it to readers itself: it is in the binary log, and with lossless
 * semi-synchronous replication on a replica for certain, before the storage engine has committed it (measured on a busy machine: 7 ms
 * before). So a session may not find on the primary what it has just read on a replica. True when this statement could notice.
 * Not in texts of several statements and routines.
 */
export function mayFindLess(session: Session, statement: Statement, attachment: Attachment): boolean {
  const { link, name } = attachment.cluster;
  if (attachment.backend !== link.snapshot.primary || !session.replies.promises.of(name).readOnReplica) return false;
  if (attachment.cluster !== session.cluster || link.snapshot.topology?.kind === 'galera') return false;
  if (attachment.flavor === 'mysql' && link.positions.of(attachment.backend)?.hasGtids !== true) return false;
  const { about, command } = statement;
  return (
    about !== undefined && RUNS.has(command.code) && beginsToRead(about, statement) && consistencyOf(session, statement) !== 'eventual'
  );
}

/** Writes read what is there when they have its locks; a transaction that is begun reads nothing yet, but for one word. */
function beginsToRead({ kind, begins, multi, mayChangeState, dependsOn }: StatementFacts, statement: Statement): boolean {
  if (multi) return false;
  if (kind === 'transaction') return begins && /\bconsistent\b/i.test(textOf(statement)?.toString('latin1', 0, 256) ?? '');
  return kind === 'read' && !mayChangeState && (dependsOn & ABOUT_LAST_STATEMENT) === 0;
}

/**
 * Waits for the transactions that the primary is about to show, which is what all that a replica could have shown before is among. Usually there
 * are none. One that takes longer than the wait budget (a session may sit on a GTID) is not waited for again.
 */
export async function untilPrimaryShows(session: Session, attachment: Attachment): Promise<Preparation> {
  const { link, name, reads, connectTimeoutMs } = attachment.cluster;
  if (attachment.flavor === 'mariadb') {
    // Accounts of applications may not ask how far it is: the monitor's may.
    await link.primaryShows(reads.waitBudgetMs);
    session.replies.promises.of(name).readOnReplica = false;
    return 'ready';
  }
  const position = link.positions.of(attachment.backend);
  if (session.replies.rowsAsked) await remember(attachment);
  const asked = await exchangeQuery(attachment.connection, `SELECT ${DIAGNOSTIC_COLUMNS},@@global.gtid_owned`, connectTimeoutMs);
  if (asked.kind === 'lost') return 'again';
  const owned = GtidSet.parse(ownedSet(answerBehind(attachment, asked))).subtract(position?.heldUp ?? GtidSet.empty);
  if (!owned.isEmpty && reads.waitBudgetMs > 0) {
    const wait = `WAIT_FOR_EXECUTED_GTID_SET('${owned}', ${Math.ceil(reads.waitBudgetMs / 1000)})`;
    const sql = `SELECT /*+ MAX_EXECUTION_TIME(${reads.waitBudgetMs}) */ ${DIAGNOSTIC_COLUMNS},${wait}`;
    const waited = await exchangeQuery(attachment.connection, sql, reads.waitBudgetMs + HUNG_MS);
    if (waited.kind === 'lost') return 'again';
    if (answerBehind(attachment, waited) !== '0' && position !== undefined) position.isHeldUp(owned);
  }
  session.replies.promises.of(name).readOnReplica = false;
  return 'ready';
}
