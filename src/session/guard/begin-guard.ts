import { StatusFlag } from '../../protocol/status-flags.js';
import type { Attachment } from '../attachment.js';
import { transactionLost } from '../client-errors.js';
import type { Preparation } from '../commands/command-handler.js';
import { remember } from '../diagnostics.js';
import { exchangeQuery } from '../exchange.js';
import { isRefusedAsReadOnly } from '../refusal.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';
import { insertToken, newGuard } from './commit-guard.js';
import { wantsGuard } from './wants-guard.js';

/** ER_LOCK_WAIT_TIMEOUT and ER_LOCK_DEADLOCK: the transaction is rolled back, or may be (`innodb_rollback_on_timeout`). */
const ROLLED_BACK: ReadonlySet<number> = new Set([1205, 1213]);

/** A missing table is said once in this time per process. */
const SAID_EVERY_MS = 60_000;

/**
 * Before a statement that commits is sent: puts a token into its transaction, or into one that is opened around it. Where that cannot be (no table, no
 * right to it) the statement goes out unguarded, and the log says so: a loss then means 9501 as ever.
 */
export async function beginGuard(session: Session, statement: Statement, attachment: Attachment): Promise<Preparation> {
  if (!wantsGuard(session, statement, attachment)) return 'ready';
  const { connection, cluster } = attachment;
  const ask = (sql: string) => exchangeQuery(connection, sql, cluster.connectTimeoutMs);
  if (session.replies.rowsAsked) await remember(attachment);
  const wraps = !session.inTransaction;
  const guard = newGuard(attachment.serial, wraps, performance.now());
  const began = wraps ? await ask('START TRANSACTION') : undefined;
  if (began?.kind === 'lost') return 'again';
  const end = began?.kind === 'err' ? began : await ask(insertToken(guard, Date.now()));
  if (end.kind === 'lost') return 'again';
  if (end.kind === 'ok') {
    statement.guard = guard;
    session.services.stats.commitGuard('guarded');
    return 'ready';
  }
  const { code, message } = end.err;
  if (wraps || ROLLED_BACK.has(code)) {
    if ((await ask('ROLLBACK')).kind === 'lost') return 'again';
  }
  if (!wraps && ROLLED_BACK.has(code)) {
    attachment.statusFlags &= ~StatusFlag.IN_TRANS;
    session.answerError(transactionLost(attachment.backend, `refused the token of its guard (${message})`));
    return 'answered';
  }
  statement.unguarded = true;
  session.services.stats.commitGuard('unguarded');
  // It has lost its role: the statement will hear so too, and goes on elsewhere.
  if (!isRefusedAsReadOnly(code, message)) sayMissing(session, attachment.backend, message);
  return 'ready';
}

function sayMissing({ cluster, services, identity }: Session, backend: string, reason: string): void {
  const nowMs = performance.now();
  if (nowMs - cluster.guardMissedAtMs < SAID_EVERY_MS) return;
  cluster.guardMissedAtMs = nowMs;
  services.log.warn(
    { cluster: cluster.name, backend, user: identity.user, reason },
    'commitGuard: the token could not be written, so commits go unguarded (pointsman grants prints what is needed)',
  );
}
