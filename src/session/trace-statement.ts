import { Command } from '../protocol/commands.js';
import { parseTraceParent, traceParentIn } from '../telemetry/tracing/trace-parent.js';
import type { Tracer } from '../telemetry/tracing/tracer.js';
import type { Attachment } from './attachment.js';
import { attributeValues } from './query-attribute-values.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';

/**
 * A span for an answered statement, where it is sampled. Names and attributes are those of OpenTelemetry's conventions for databases:
 * https://opentelemetry.io/docs/specs/semconv/database/mysql/
 * @param nowMs `performance.now()`
 */
export function traceStatement(
  tracer: Tracer,
  session: Session,
  statement: Statement,
  attachment: Attachment,
  ok: boolean,
  nowMs: number,
): void {
  const sql = textOf(statement);
  if (sql === undefined || statement.command.code === Command.STMT_PREPARE) return;
  const given = attributeValues(session, statement).get('traceparent');
  const parent = given === undefined ? traceParentIn(sql) : parseTraceParent(given);
  if (!tracer.samples(parent)) return;
  const { services, state, identity, opening, cluster } = session;
  const { hash, text } = services.digests.digest(sql, state.dialect);
  const { kind } = statement.traits;
  tracer.record(parent, {
    name: /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? kind,
    startMs: performance.timeOrigin + statement.cameAtMs,
    endMs: performance.timeOrigin + nowMs,
    ok,
    attributes: {
      'db.system.name': 'mysql',
      'db.namespace': state.schema,
      'db.query.text': services.logSql === 'full' ? sql.toString('utf8', 0, 4096) : text,
      'db.response.returned_rows': attachment.relay.tracker.rows,
      'client.address': identity.address,
      'enduser.id': identity.user,
      'pointsman.cluster': cluster.name,
      'pointsman.backend': attachment.backend,
      'pointsman.route': attachment.route,
      'pointsman.digest': hash,
      'pointsman.kind': kind,
      'pointsman.session': opening.id,
      'pointsman.rerun': statement.rerun,
    },
  });
}
