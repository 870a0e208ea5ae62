import type { Attachment } from './attachment.js';
import { consistencyOf } from './freshness.js';
import { notePlace } from './last-place.js';
import { noteDigest } from './note-digest.js';
import { noteAnswered } from './replay/note-answered.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { traceStatement } from './trace-statement.js';

/** The answer to a statement is complete: what is counted, and what later reads must see. */
export function noteAnswer(session: Session, statement: Statement, attachment: Attachment, ok: boolean): void {
  const nowMs = session.restingSinceMs;
  attachment.restingSinceMs = nowMs;
  if (ok) attachment.hangsUp = false;
  if (attachment.record !== undefined) noteAnswered(session, statement, attachment, attachment.record, ok);
  notePlace(session, statement, attachment, ok);
  attachment.stats.statement(statement.traits.kind, ok, (nowMs - statement.cameAtMs) / 1000);
  noteDigest(session, statement, attachment, ok, nowMs);
  const { tracer } = session.services;
  if (tracer !== undefined) traceStatement(tracer, session, statement, attachment, ok, nowMs);
  session.replies.promises.answered(session, statement, consistencyOf(session, statement) === 'eventual', nowMs);
}
