import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_STMT_FETCH: more rows of an open cursor. */
export interface StmtFetchRequest {
  readonly statementId: number;
  /** At most so many. */
  readonly rows: number;
}

const PACKET = 'stmt-fetch';

export function decodeStmtFetch(payload: Buffer): StmtFetchRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.STMT_FETCH);
  return { statementId: reader.u32(), rows: reader.u32() };
}

export function encodeStmtFetch(request: StmtFetchRequest): Buffer {
  return new ByteWriter(PACKET).u8(Command.STMT_FETCH).u32(request.statementId).u32(request.rows).finish();
}
