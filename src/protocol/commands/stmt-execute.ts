import { bitmapSize } from '../binary-value.js';
import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Capability, has } from '../capabilities.js';
import { Command } from '../commands.js';
import { type ParameterType, readParameterTypes, writeParameterTypes } from '../parameter-types.js';

/** Bits of `StmtExecuteRequest.flags`. */
export const CursorFlag = { READ_ONLY: 0x1, FOR_UPDATE: 0x2, SCROLLABLE: 0x4, PARAMETER_COUNT_AVAILABLE: 0x8 } as const;

/** COM_STMT_EXECUTE. */
export interface StmtExecuteRequest {
  readonly statementId: number;
  readonly flags: number;
  /** 1 from every client. */
  readonly iterations: number;
  /** The statement's parameters and, with QUERY_ATTRIBUTES, the attributes behind them. */
  readonly parameterCount: number;
  readonly nullBitmap: Buffer;
  /**
   * Types of all parameters. Undefined when the client leaves them out because it sent them with an earlier execution: a server that
   * has not seen that one (a re-prepared statement) must be given them, see `withTypes`.
   */
  readonly types: readonly ParameterType[] | undefined;
  /** The values as sent, without those that are NULL or came by COM_STMT_SEND_LONG_DATA. */
  readonly values: Buffer;
}

const PACKET = 'stmt-execute';

/** @param preparedParams number of parameters that the prepare answer gave; the packet itself does not tell without attributes */
export function decodeStmtExecute(payload: Buffer, capabilities: number, preparedParams: number): StmtExecuteRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.STMT_EXECUTE);
  const head = { statementId: reader.u32(), flags: reader.u8(), iterations: reader.u32() };
  const parameterCount = countFollows(capabilities, head.flags, preparedParams) ? reader.count() : preparedParams;
  const nullBitmap = reader.bytes(bitmapSize(parameterCount));
  const bound = parameterCount > 0 && reader.u8() === 1;
  const types = bound ? readParameterTypes(reader, parameterCount, has(capabilities, Capability.QUERY_ATTRIBUTES)) : undefined;
  return { ...head, parameterCount, nullBitmap, types, values: reader.rest() };
}

/** @param preparedParams as above: with no parameters and no attributes the parameter part is left out altogether */
export function encodeStmtExecute(request: StmtExecuteRequest, capabilities: number, preparedParams: number): Buffer {
  const writer = new ByteWriter(PACKET).u8(Command.STMT_EXECUTE).u32(request.statementId).u8(request.flags).u32(request.iterations);
  if (countFollows(capabilities, request.flags, preparedParams)) writer.lenenc(request.parameterCount);
  if (request.parameterCount > 0) {
    writer.bytes(request.nullBitmap).u8(request.types === undefined ? 0 : 1);
    if (request.types !== undefined) writeParameterTypes(writer, request.types, has(capabilities, Capability.QUERY_ATTRIBUTES));
  }
  return writer.bytes(request.values).finish();
}

/** The same execution with the types written out, for a server that has not been told them. */
export function withTypes(request: StmtExecuteRequest, types: readonly ParameterType[]): StmtExecuteRequest {
  return request.types === undefined && request.parameterCount > 0 ? { ...request, types } : request;
}

function countFollows(capabilities: number, flags: number, preparedParams: number): boolean {
  if (!has(capabilities, Capability.QUERY_ATTRIBUTES)) return false;
  return preparedParams > 0 || (flags & CursorFlag.PARAMETER_COUNT_AVAILABLE) !== 0;
}
