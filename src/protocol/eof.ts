import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Capability, has } from './capabilities.js';

/** Ends columns or rows where DEPRECATE_EOF was not agreed; also the whole answer of a few commands. */
export interface EofPacket {
  readonly warnings: number;
  readonly statusFlags: number;
}

const PACKET = 'eof';
const HEADER = 0xfe;

export function decodeEof(payload: Buffer, capabilities: number): EofPacket {
  const reader = new ByteReader(payload, PACKET);
  reader.header(HEADER);
  if (!has(capabilities, Capability.PROTOCOL_41)) return { warnings: 0, statusFlags: 0 };
  return { warnings: reader.u16(), statusFlags: reader.u16() };
}

export function encodeEof(eof: EofPacket, capabilities: number): Buffer {
  const writer = new ByteWriter(PACKET).u8(HEADER);
  if (has(capabilities, Capability.PROTOCOL_41)) writer.u16(eof.warnings).u16(eof.statusFlags);
  return writer.finish();
}
