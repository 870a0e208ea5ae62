import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_BINLOG_DUMP_GTID (MySQL): stream the binary log without what the replica has. */
export interface BinlogDumpGtidRequest {
  /** Bit 0: end with EOF when the log is read; bit 2: `gtids` is used. */
  readonly flags: number;
  readonly serverId: number;
  readonly file: string;
  readonly position: bigint;
  /** The replica's GTID set in MySQL's binary form. */
  readonly gtids: Buffer;
}

const PACKET = 'binlog-dump-gtid';

export function decodeBinlogDumpGtid(payload: Buffer): BinlogDumpGtidRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.BINLOG_DUMP_GTID);
  return {
    flags: reader.u16(),
    serverId: reader.u32(),
    file: reader.bytes(reader.u32()).toString('utf8'),
    position: reader.u64(),
    gtids: reader.bytes(reader.u32()),
  };
}

export function encodeBinlogDumpGtid(request: BinlogDumpGtidRequest): Buffer {
  const file = Buffer.from(request.file, 'utf8');
  const writer = new ByteWriter(PACKET).u8(Command.BINLOG_DUMP_GTID).u16(request.flags).u32(request.serverId);
  writer.u32(file.length).bytes(file).u64(request.position);
  return writer.u32(request.gtids.length).bytes(request.gtids).finish();
}
