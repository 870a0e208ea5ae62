import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Capability, has } from './capabilities.js';
import { ProtocolError } from './protocol-error.js';

/** The server's first packet (handshake v10). It may send an ERR packet in its place: look for 0xff first. */
export interface Greeting {
  readonly protocolVersion: number;
  /** As sent: MariaDB up to 10.x puts `5.5.5-` in front. */
  readonly serverVersion: string;
  readonly connectionId: number;
  /** The nonce for the login, without the NUL that ends it (20 bytes from every server of this century). */
  readonly authData: Buffer;
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Low byte of the server's default collation id. */
  readonly charset: number;
  readonly statusFlags: number;
  /** Plugin that `authData` is for; empty without PLUGIN_AUTH. */
  readonly authPlugin: string;
}

const PACKET = 'greeting';
const FIRST_PART = 8;
/** The second part of the nonce takes at least this much, its NUL included. */
const SECOND_PART = 13;

/** @throws ProtocolError also for protocol version 9 (servers before 3.21). */
export function decodeGreeting(payload: Buffer): Greeting {
  const reader = new ByteReader(payload, PACKET);
  const protocolVersion = reader.u8();
  if (protocolVersion !== 10) {
    throw new ProtocolError('PM_PROTOCOL_UNSUPPORTED', PACKET, `protocol version ${protocolVersion}, only 10 is spoken`);
  }
  const serverVersion = reader.nulText();
  const connectionId = reader.u32();
  const firstPart = reader.bytes(FIRST_PART);
  reader.skip(1);
  const lowCapabilities = reader.u16();
  const charset = reader.u8();
  const statusFlags = reader.u16();
  const capabilities = (lowCapabilities | (reader.u16() << 16)) >>> 0;
  const authDataLength = reader.u8();
  reader.skip(6);
  // MySQL fills these four bytes with zeros.
  const reserved = reader.u32();
  const secondPart = has(capabilities, Capability.SECURE_CONNECTION)
    ? reader.bytes(Math.min(Math.max(SECOND_PART, authDataLength - FIRST_PART), reader.remaining))
    : Buffer.alloc(0);
  const nonceEnd = secondPart.at(-1) === 0 ? secondPart.length - 1 : secondPart.length;
  return {
    protocolVersion,
    serverVersion,
    connectionId,
    authData: Buffer.concat([firstPart, secondPart.subarray(0, nonceEnd)]),
    capabilities,
    mariadbCapabilities: has(capabilities, Capability.LONG_PASSWORD) ? 0 : reserved,
    charset,
    statusFlags,
    // MySQL 5.5.7 to 5.5.9 forgot the NUL (bug 59453).
    authPlugin: has(capabilities, Capability.PLUGIN_AUTH) ? reader.nulOrRestText() : '',
  };
}

export function encodeGreeting(greeting: Greeting): Buffer {
  const { authData, capabilities } = greeting;
  const pluginAuth = has(capabilities, Capability.PLUGIN_AUTH);
  const writer = new ByteWriter(PACKET)
    .u8(greeting.protocolVersion)
    .nulText(greeting.serverVersion)
    .u32(greeting.connectionId)
    .bytes(authData.subarray(0, FIRST_PART))
    .zeros(1 + Math.max(0, FIRST_PART - authData.length))
    .u16(capabilities & 0xffff)
    .u8(greeting.charset & 0xff)
    .u16(greeting.statusFlags)
    .u16(capabilities >>> 16)
    .u8(pluginAuth ? authData.length + 1 : 0)
    .zeros(6)
    .u32(has(capabilities, Capability.LONG_PASSWORD) ? 0 : greeting.mariadbCapabilities);
  if (has(capabilities, Capability.SECURE_CONNECTION)) {
    const secondPart = authData.subarray(FIRST_PART);
    writer.bytes(secondPart).zeros(Math.max(1, SECOND_PART - secondPart.length));
  }
  if (pluginAuth) writer.nulText(greeting.authPlugin);
  return writer.finish();
}
