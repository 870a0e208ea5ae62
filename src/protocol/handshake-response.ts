import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Capability, has } from './capabilities.js';
import { type ConnectAttributes, readConnectAttributes, writeConnectAttributes } from './connect-attributes.js';
import { readClientFlags, writeClientFlags } from './ssl-request.js';

/** The client's login (HandshakeResponse41). Which optional fields are on the wire is told by `capabilities` alone. */
export interface HandshakeResponse {
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Largest packet the client takes, in bytes. */
  readonly maxPacketSize: number;
  /** Low byte of the collation id. */
  readonly charset: number;
  readonly user: string;
  /** Secret: what the plugin made of password and nonce. */
  readonly authResponse: Buffer;
  readonly database?: string;
  readonly authPlugin?: string;
  readonly attributes?: ConnectAttributes;
  /** 1..22, with ZSTD_COMPRESSION. */
  readonly zstdLevel?: number;
}

const PACKET = 'handshake-response';

/** @throws ProtocolError; servers answer a malformed one with ERR 1043. */
export function decodeHandshakeResponse(payload: Buffer): HandshakeResponse {
  const reader = new ByteReader(payload, PACKET);
  const flags = readClientFlags(reader, PACKET);
  const { capabilities } = flags;
  const user = reader.nulText();
  const authResponse = readAuthResponse(reader, capabilities);
  // From here on clients set a flag and leave the field out, or forget the last NUL; servers accept that, so do we.
  const present = (flag: number) => has(capabilities, flag) && reader.remaining > 0;
  return {
    ...flags,
    user,
    authResponse,
    ...(present(Capability.CONNECT_WITH_DB) && { database: reader.nulOrRestText() }),
    ...(present(Capability.PLUGIN_AUTH) && { authPlugin: reader.nulOrRestText() }),
    ...(present(Capability.CONNECT_ATTRS) && { attributes: readConnectAttributes(reader, PACKET) }),
    ...(present(Capability.ZSTD_COMPRESSION) && { zstdLevel: reader.u8() }),
  };
}

export function encodeHandshakeResponse(response: HandshakeResponse): Buffer {
  const { capabilities } = response;
  const writer = new ByteWriter(PACKET);
  writeClientFlags(writer, response);
  writer.nulText(response.user);
  if (has(capabilities, Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA)) writer.lenencBytes(response.authResponse);
  else if (has(capabilities, Capability.SECURE_CONNECTION)) writer.shortBytes(response.authResponse);
  else writer.nulBytes(response.authResponse);
  if (has(capabilities, Capability.CONNECT_WITH_DB)) writer.nulText(response.database ?? '');
  if (has(capabilities, Capability.PLUGIN_AUTH)) writer.nulText(response.authPlugin ?? '');
  if (has(capabilities, Capability.CONNECT_ATTRS)) writeConnectAttributes(writer, response.attributes ?? []);
  if (has(capabilities, Capability.ZSTD_COMPRESSION)) writer.u8(response.zstdLevel ?? 3);
  return writer.finish();
}

function readAuthResponse(reader: ByteReader, capabilities: number): Buffer {
  if (has(capabilities, Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA)) return reader.lenencBytes();
  if (has(capabilities, Capability.SECURE_CONNECTION)) return reader.bytes(reader.u8());
  return reader.nulBytes();
}
