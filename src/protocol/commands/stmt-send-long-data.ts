import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_STMT_SEND_LONG_DATA: a piece of a parameter's value ahead of the execution. Has no answer. */
export interface StmtSendLongData {
  readonly statementId: number;
  /** Counted from 0. */
  readonly parameter: number;
  readonly data: Buffer;
}

const PACKET = 'stmt-send-long-data';

export function decodeStmtSendLongData(payload: Buffer): StmtSendLongData {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.STMT_SEND_LONG_DATA);
  return { statementId: reader.u32(), parameter: reader.u16(), data: reader.rest() };
}

export function encodeStmtSendLongData(request: StmtSendLongData): Buffer {
  const writer = new ByteWriter(PACKET).u8(Command.STMT_SEND_LONG_DATA);
  return writer.u32(request.statementId).u16(request.parameter).bytes(request.data).finish();
}
