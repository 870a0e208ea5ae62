import { Capability, has } from '../protocol/capabilities.js';
import { replaceStatementId } from '../protocol/commands/statement-id.js';
import { BulkFlag } from '../protocol/commands/stmt-bulk-execute.js';
import { CursorFlag, decodeStmtExecute, encodeStmtExecute, withTypes } from '../protocol/commands/stmt-execute.js';
import { encodeFrames, HEADER_SIZE } from '../protocol/frame.js';
import { type ClientCommand, firstPayload, joinedPayload } from './client-command.js';
import type { PreparedStatement } from './prepared-statements.js';

/** Bytes before the NULL bitmap in a COM_STMT_EXECUTE without query attributes: command, statement id, flags, iteration count. */
const FIXED_BYTES = 10;

/** In a COM_STMT_BULK_EXECUTE: flags behind command and statement id, types behind them. */
const BULK_FLAGS_AT = 5;
const BULK_TYPES_AT = 7;

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
  clientSpeaksAttributes = has(capabilities, Capability.QUERY_ATTRIBUTES),
): readonly Buffer[] {
  if (clientSpeaksAttributes) return withAttributes(command, prepared, serial, capabilities);
  const { parameters } = prepared;
  if (parameters === 0) return command.parts;
  const flagAt = FIXED_BYTES + ((parameters + 7) >> 3);
  const payload = payloadUpTo(command, flagAt + 1 + parameters * 2);
  if (payload[flagAt] === 1) {
    remember(prepared, payload, flagAt + 1, serial);
    return command.parts;
  }
  const types = typesToAdd(command, prepared, serial);
  if (types === undefined) return command.parts;
  const whole = joinedPayload(command);
  return [encodeFrames(Buffer.concat([whole.subarray(0, flagAt), Buffer.from([1]), types, whole.subarray(flagAt + 1)]), 0)];
}

/** The same for MariaDB's COM_STMT_BULK_EXECUTE, whose flags say whether types follow them. */
export function bulkFrames(command: ClientCommand, prepared: PreparedStatement, serial: number): readonly Buffer[] {
  const payload = payloadUpTo(command, BULK_TYPES_AT + prepared.parameters * 2);
  if (prepared.parameters === 0 || payload.length < BULK_TYPES_AT) return command.parts;
  const flags = payload.readUInt16LE(BULK_FLAGS_AT);
  if ((flags & BulkFlag.SEND_TYPES) !== 0) {
    remember(prepared, payload, BULK_TYPES_AT, serial);
    return command.parts;
  }
  const types = typesToAdd(command, prepared, serial);
  if (types === undefined) return command.parts;
  const whole = joinedPayload(command);
  const head = Buffer.from(whole.subarray(0, BULK_TYPES_AT));
  head.writeUInt16LE(flags | BulkFlag.SEND_TYPES, BULK_FLAGS_AT);
  return [encodeFrames(Buffer.concat([head, types, whole.subarray(BULK_TYPES_AT)]), 0)];
}

/** Large frames come in parts: the first may end before the types do. */
function payloadUpTo(command: ClientCommand, bytes: number): Buffer {
  const first = firstPayload(command);
  if (first.length >= bytes || command.parts.length === 1) return first;
  return Buffer.concat(command.parts).subarray(HEADER_SIZE);
}

function remember(prepared: PreparedStatement, payload: Buffer, at: number, serial: number): void {
  const types = payload.subarray(at, at + prepared.parameters * 2);
  const handle = prepared.handles.get(serial);
  if (handle?.knowsTypes === true && prepared.types?.equals(types) === true) return;
  prepared.typesTold(serial);
  // Cut: another server could not be told them.
  prepared.types = types.length < prepared.parameters * 2 ? undefined : Buffer.from(types);
}

/** The types that this connection's server has not been told; undefined when there is nothing to add. */
function typesToAdd(command: ClientCommand, prepared: PreparedStatement, serial: number): Buffer | undefined {
  const { types } = prepared;
  const handle = prepared.handles.get(serial);
  if (types === undefined || handle === undefined || handle.knowsTypes || !command.complete) return undefined;
  handle.knowsTypes = true;
  return types;
}

/** With query attributes the types carry names and their number varies: decoded, which costs more but only such clients. */
function withAttributes(command: ClientCommand, prepared: PreparedStatement, serial: number, capabilities: number): readonly Buffer[] {
  if (!command.complete) return command.parts;
  const request = decodeStmtExecute(joinedPayload(command), capabilities | Capability.QUERY_ATTRIBUTES, prepared.parameters);
  const serverSpeaks = has(capabilities, Capability.QUERY_ATTRIBUTES);
  const handle = prepared.handles.get(serial);
  let types: typeof prepared.namedTypes;
  if (request.types !== undefined) {
    prepared.namedTypes = request.types;
    prepared.typesTold(serial);
  } else if (prepared.namedTypes !== undefined && handle?.knowsTypes === false) {
    types = prepared.namedTypes;
    handle.knowsTypes = true;
  }
  if (types === undefined && serverSpeaks) return command.parts;
  const typed = types === undefined ? request : withTypes(request, types);
  const flags = serverSpeaks ? typed.flags : typed.flags & ~CursorFlag.PARAMETER_COUNT_AVAILABLE;
  return [encodeFrames(encodeStmtExecute({ ...typed, flags }, capabilities, prepared.parameters), 0)];
}

/** Long data that was kept, for this server: it goes before the EXECUTE, in the same write. */
export function longDataFrames(prepared: PreparedStatement, serial: number): readonly Buffer[] {
  const { longData } = prepared;
  for (const frame of longData) replaceStatementId(frame, prepared.handles.get(serial)?.id ?? 0, HEADER_SIZE);
  return longData;
}
