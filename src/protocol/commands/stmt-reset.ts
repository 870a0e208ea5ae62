import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_STMT_RESET: drop the long data and the cursor of a prepared statement. */
export interface StmtResetRequest {
  readonly statementId: number;
}

const PACKET = 'stmt-reset';

export function decodeStmtReset(payload: Buffer): StmtResetRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.STMT_RESET);
  return { statementId: reader.u32() };
}

export function encodeStmtReset(request: StmtResetRequest): Buffer {
  return new ByteWriter(PACKET).u8(Command.STMT_RESET).u32(request.statementId).finish();
}
