import type { Attachment } from './attachment.js';
import { isUpToDate } from './bring-up-to-date.js';
import { handlerOf } from './commands/index.js';
import { isUndisturbed } from './diagnostics.js';
import { isKnownFresh } from './freshness.js';
import { goesOnOnPrimary } from './go-on-primary.js';
import { wantsGuard } from './guard/wants-guard.js';
import { knowsInsertId } from './insert-id-elsewhere.js';
import { leavesReadOnly } from './leave-read-only.js';
import { mayFindLess } from './primary-catches-up.js';
import { readsFirst } from './read-back.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { lacksPrepares } from './text-prepares.js';
import { isUnfinished } from './unfinished.js';

/** True when the statement can be sent on this connection at once; else `place` has something to do first. */
export function isReady(session: Session, statement: Statement, attachment: Attachment): boolean {
  return (
    !attachment.connection.packets.isReset &&
    attachment.fitness(isUnfinished(session, attachment)) === 'use' &&
    !leavesReadOnly(session, statement, attachment) &&
    !goesOnOnPrimary(session, statement, attachment) &&
    readsFirst(session, attachment) === undefined &&
    knowsInsertId(session, statement, attachment) === undefined &&
    isUpToDate(session, attachment, statement) &&
    !lacksPrepares(session, statement, attachment) &&
    isUndisturbed(session, attachment, statement) &&
    handlerOf(statement.command.code).readyOn?.(statement, attachment) !== false &&
    isKnownFresh(session, statement, attachment) &&
    !mayFindLess(session, statement, attachment) &&
    !wantsGuard(session, statement, attachment)
  );
}
