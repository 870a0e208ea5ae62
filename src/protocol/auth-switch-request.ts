import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** The server wants another plugin. The client answers with a packet that holds nothing but that plugin's answer. */
export interface AuthSwitchRequest {
  readonly plugin: string;
  /** Usually the nonce. The NUL that servers put behind a 20-byte nonce is taken off here and put on again when encoding. */
  readonly data: Buffer;
}

const PACKET = 'auth-switch-request';
const HEADER = 0xfe;
const NONCE_SIZE = 20;

export function decodeAuthSwitchRequest(payload: Buffer): AuthSwitchRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(HEADER);
  // A bare 0xfe is the ancient way to ask for the password hash of MySQL 3.23.
  if (reader.remaining === 0) return { plugin: 'mysql_old_password', data: reader.rest() };
  const plugin = reader.nulOrRestText();
  const data = reader.rest();
  return { plugin, data: data.length === NONCE_SIZE + 1 && data.at(-1) === 0 ? data.subarray(0, NONCE_SIZE) : data };
}

export function encodeAuthSwitchRequest(request: AuthSwitchRequest): Buffer {
  const writer = new ByteWriter(PACKET).u8(HEADER).nulText(request.plugin).bytes(request.data);
  // libmysqlclient refuses the nonce without it.
  if (request.data.length === NONCE_SIZE) writer.u8(0);
  return writer.finish();
}
