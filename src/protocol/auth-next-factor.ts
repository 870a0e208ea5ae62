import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** The server (MySQL 8.0.27 or later) is content with one factor and asks for the next one. */
export interface AuthNextFactor {
  readonly plugin: string;
  readonly data: Buffer;
}

const PACKET = 'auth-next-factor';
const HEADER = 0x02;

export function decodeAuthNextFactor(payload: Buffer): AuthNextFactor {
  const reader = new ByteReader(payload, PACKET);
  reader.header(HEADER);
  return { plugin: reader.nulText(), data: reader.rest() };
}

export function encodeAuthNextFactor(next: AuthNextFactor): Buffer {
  return new ByteWriter(PACKET).u8(HEADER).nulText(next.plugin).bytes(next.data).finish();
}
