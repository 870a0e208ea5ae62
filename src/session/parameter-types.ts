import { Capability, has } from '../protocol/capabilities.js';
import { decodeStmtExecute, encodeStmtExecute, withTypes } from '../protocol/commands/stmt-execute.js';
import { encodeFrames } from '../protocol/frame.js';
import { type ClientCommand, firstPayload, joinedPayload } from './client-command.js';
import type { PreparedStatement } from './prepared-statements.js';

/** Bytes before the NULL bitmap in a COM_STMT_EXECUTE without query attributes: command, statement id, flags, iteration count. */
const FIXED_BYTES = 10;

/**
 * The frames of a COM_STMT_EXECUTE for the backend connection with this serial number. A client sends its parameter types once; a server
 * that has not been told them, because the statement was prepared again there, gets them put in.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html
 */
export function executionFrames(
  command: ClientCommand,
  prepared: PreparedStatement,
  serial: number,
  capabilities: number,
): readonly Buffer[] {
  if (has(capabilities, Capability.QUERY_ATTRIBUTES)) return withAttributes(command, prepared, serial, capabilities);
  const { parameters } = prepared;
  if (parameters === 0) return command.parts;
  const payload = firstPayload(command);
  const flagAt = FIXED_BYTES + ((parameters + 7) >> 3);
  if (payload[flagAt] === 1) {
    const types = payload.subarray(flagAt + 1, flagAt + 1 + parameters * 2);
    if (prepared.types?.equals(types) !== true) prepared.types = Buffer.from(types);
    prepared.typesConnection = serial;
    return command.parts;
  }
  const { types, typesConnection } = prepared;
  if (types === undefined || typesConnection === serial || !command.complete) return command.parts;
  prepared.typesConnection = serial;
  const whole = joinedPayload(command);
  return [encodeFrames(Buffer.concat([whole.subarray(0, flagAt), Buffer.from([1]), types, whole.subarray(flagAt + 1)]), 0)];
}

/** With query attributes the types carry names and their number varies: decoded, which costs more but only such clients. */
function withAttributes(command: ClientCommand, prepared: PreparedStatement, serial: number, capabilities: number): readonly Buffer[] {
  if (!command.complete) return command.parts;
  const request = decodeStmtExecute(joinedPayload(command), capabilities, prepared.parameters);
  if (request.types !== undefined) {
    prepared.namedTypes = request.types;
    prepared.typesConnection = serial;
    return command.parts;
  }
  const { namedTypes, typesConnection } = prepared;
  if (namedTypes === undefined || typesConnection === serial) return command.parts;
  prepared.typesConnection = serial;
  return [encodeFrames(encodeStmtExecute(withTypes(request, namedTypes), capabilities, prepared.parameters), 0)];
}
