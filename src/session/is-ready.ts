import type { Attachment } from './attachment.js';
import { isUpToDate } from './bring-up-to-date.js';
import { handlerOf } from './commands/index.js';
import { isUndisturbed } from './diagnostics.js';
import { isKnownFresh } from './freshness.js';
import { leavesReadOnly } from './leave-read-only.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** True when the statement can be sent on this connection at once; else `place` has something to do first. */
export function isReady(session: Session, statement: Statement, attachment: Attachment): boolean {
  const isPresent = attachment === session.attachment;
  return (
    attachment.fitness(isPresent && session.inTransaction) === 'use' &&
    !leavesReadOnly(session, statement, attachment) &&
    isUpToDate(session, attachment, statement) &&
    isUndisturbed(session, attachment, statement) &&
    handlerOf(statement.command.code).readyOn?.(statement, attachment) !== false &&
    isKnownFresh(session, statement, attachment)
  );
}
