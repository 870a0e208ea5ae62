import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_BINLOG_DUMP: stream the binary log from a file and position. MariaDB's replicas use it for GTIDs too (they set variables first). */
export interface BinlogDumpRequest {
  /** Offset in the file, in bytes; 4 is its beginning. */
  readonly position: number;
  /** Bit 0: end with EOF when the log is read instead of waiting. */
  readonly flags: number;
  readonly serverId: number;
  /** Empty: the first file the server has. */
  readonly file: string;
}

const PACKET = 'binlog-dump';

export function decodeBinlogDump(payload: Buffer): BinlogDumpRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.BINLOG_DUMP);
  return { position: reader.u32(), flags: reader.u16(), serverId: reader.u32(), file: reader.rest().toString('utf8') };
}

export function encodeBinlogDump(request: BinlogDumpRequest): Buffer {
  const writer = new ByteWriter(PACKET).u8(Command.BINLOG_DUMP);
  return writer.u32(request.position).u16(request.flags).u32(request.serverId).text(request.file).finish();
}
