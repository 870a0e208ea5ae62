import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** The server goes on with the plugin's exchange: a state byte of caching_sha2_password, an RSA public key ... */
export interface AuthMoreData {
  readonly data: Buffer;
}

const PACKET = 'auth-more-data';
const HEADER = 0x01;

export function decodeAuthMoreData(payload: Buffer): AuthMoreData {
  const reader = new ByteReader(payload, PACKET);
  reader.header(HEADER);
  return { data: reader.rest() };
}

export function encodeAuthMoreData(more: AuthMoreData): Buffer {
  return new ByteWriter(PACKET).u8(HEADER).bytes(more.data).finish();
}
