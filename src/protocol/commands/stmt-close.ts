import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_STMT_CLOSE: forget a prepared statement. Has no answer. */
export interface StmtCloseRequest {
  readonly statementId: number;
}

const PACKET = 'stmt-close';

export function decodeStmtClose(payload: Buffer): StmtCloseRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.STMT_CLOSE);
  return { statementId: reader.u32() };
}

export function encodeStmtClose(request: StmtCloseRequest): Buffer {
  return new ByteWriter(PACKET).u8(Command.STMT_CLOSE).u32(request.statementId).finish();
}
