import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_STMT_PREPARE. */
export interface StmtPrepareRequest {
  readonly sql: Buffer;
}

const PACKET = 'stmt-prepare';

export function decodeStmtPrepare(payload: Buffer): StmtPrepareRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.STMT_PREPARE);
  return { sql: reader.rest() };
}

export function encodeStmtPrepare(request: StmtPrepareRequest): Buffer {
  return new ByteWriter(PACKET).u8(Command.STMT_PREPARE).bytes(request.sql).finish();
}
