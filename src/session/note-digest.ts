import { Command } from '../protocol/commands.js';
import type { Attachment } from './attachment.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';

/** Counts an answered statement under its digest, for the top digests and the slow statements. @param nowMs `performance.now()` */
export function noteDigest(session: Session, statement: Statement, attachment: Attachment, ok: boolean, nowMs: number): void {
  const { services, state } = session;
  const { stats } = services;
  const seconds = (nowMs - statement.cameAtMs) / 1000;
  const weight = stats.digests.weigh(nowMs, seconds);
  const isSlow = seconds >= stats.slow.thresholdSeconds;
  if ((weight === 0 && !isSlow) || statement.command.code === Command.STMT_PREPARE) return;
  const sql = textOf(statement);
  if (sql === undefined) return;
  const { hash, text } = services.digests.digest(sql, state.dialect);
  const { rows } = attachment.relay.tracker;
  const { schema } = state;
  if (weight > 0) stats.digests.record({ hash, text, kind: statement.traits.kind, schema, ok, rows, seconds }, weight);
  if (!isSlow) return;
  const { user, address: client } = session.identity;
  const { id } = session.opening;
  const slow = { atMs: Date.now(), seconds, hash, text, backend: attachment.backend, user, client, session: id, schema, ok, rows };
  stats.slow.add(slow, services.logSql === 'full' ? sql.toString() : text);
}
