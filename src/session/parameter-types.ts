import { encodeFrames } from '../protocol/frame.js';
import { firstPayload } from './client-command.js';
import type { Statement } from './statement.js';

/** Bytes before the NULL bitmap in COM_STMT_EXECUTE: command, statement id, flags, iteration count. */
const FIXED_BYTES = 10;

/**
 * The parameter types in a COM_STMT_EXECUTE (2 bytes each); `not-sent` when the client relies on those it sent before; undefined when
 * there are none to look for, or the layout is not plain (query attributes carry their names among the types).
 * Source: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html
 */
export function parameterTypesOf(statement: Statement, parameters: number, queryAttributes: boolean): Buffer | 'not-sent' | undefined {
  if (parameters === 0 || queryAttributes) return undefined;
  const payload = firstPayload(statement.command);
  const flagAt = FIXED_BYTES + ((parameters + 7) >> 3);
  const typesEnd = flagAt + 1 + parameters * 2;
  if (payload.length <= flagAt) return undefined;
  if (payload[flagAt] !== 1) return 'not-sent';
  return payload.length >= typesEnd ? payload.subarray(flagAt + 1, typesEnd) : undefined;
}

/** The same command with the types put in, as frames. */
export function withParameterTypes(statement: Statement, parameters: number, types: Buffer): readonly Buffer[] {
  if (!statement.command.complete || statement.command.parts.length !== 1) return statement.command.parts;
  const payload = firstPayload(statement.command);
  const flagAt = FIXED_BYTES + ((parameters + 7) >> 3);
  const whole = Buffer.concat([payload.subarray(0, flagAt), Buffer.from([1]), types, payload.subarray(flagAt + 1)]);
  return [encodeFrames(whole, 0)];
}
