import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** The server wants the content of a file of the client: the client sends it in packets of any size and an empty one at the end. */
export interface LocalInfileRequest {
  readonly fileName: string;
}

const PACKET = 'local-infile-request';
const HEADER = 0xfb;

export function decodeLocalInfileRequest(payload: Buffer): LocalInfileRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(HEADER);
  return { fileName: reader.rest().toString('utf8') };
}

export function encodeLocalInfileRequest(request: LocalInfileRequest): Buffer {
  return new ByteWriter(PACKET).u8(HEADER).text(request.fileName).finish();
}
