import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';
import { type ParameterType, readParameterTypes, writeParameterTypes } from '../parameter-types.js';

/** Bits of `StmtBulkExecuteRequest.flags`. */
export const BulkFlag = { RETURN_UNIT_RESULTS: 0x40, SEND_TYPES: 0x80 } as const;

/** COM_STMT_BULK_EXECUTE (MariaDB): one prepared statement for many rows of parameters. */
export interface StmtBulkExecuteRequest {
  readonly statementId: number;
  readonly flags: number;
  /** Undefined without SEND_TYPES. */
  readonly types: readonly ParameterType[] | undefined;
  /** Row by row, for each parameter an indicator byte (0 value, 1 NULL, 2 default, 3 ignore) and for 0 the value. */
  readonly rows: Buffer;
}

const PACKET = 'stmt-bulk-execute';

/** @param preparedParams number of parameters that the prepare answer gave */
export function decodeStmtBulkExecute(payload: Buffer, preparedParams: number): StmtBulkExecuteRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.STMT_BULK_EXECUTE);
  const head = { statementId: reader.u32(), flags: reader.u16() };
  const types = (head.flags & BulkFlag.SEND_TYPES) !== 0 ? readParameterTypes(reader, preparedParams, false) : undefined;
  return { ...head, types, rows: reader.rest() };
}

/** SEND_TYPES is written as `types` demands, whatever `flags` say. */
export function encodeStmtBulkExecute(request: StmtBulkExecuteRequest): Buffer {
  const { types } = request;
  const flags = types === undefined ? request.flags & ~BulkFlag.SEND_TYPES : request.flags | BulkFlag.SEND_TYPES;
  const writer = new ByteWriter(PACKET).u8(Command.STMT_BULK_EXECUTE).u32(request.statementId).u16(flags);
  if (types !== undefined) writeParameterTypes(writer, types, false);
  return writer.bytes(request.rows).finish();
}
