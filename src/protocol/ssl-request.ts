import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Capability, has } from './capabilities.js';
import { ProtocolError } from './protocol-error.js';

/**
 * The client's wish to go on over TLS, sent in clear in place of the handshake response, whose first 32 bytes it is.
 * TLS begins with the next byte; the whole handshake response follows inside.
 */
export interface SslRequest {
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Largest packet the client takes, in bytes. */
  readonly maxPacketSize: number;
  /** Low byte of the collation id. */
  readonly charset: number;
}

const PACKET = 'ssl-request';
const RESERVED = 19;

/** Size in bytes of the part that SSLRequest and handshake response have in common. */
export const SSL_REQUEST_SIZE = 32;

/** True when this first packet of a client asks for TLS: the flag counts, whatever follows (servers read it so too). */
export function asksForTls(payload: Buffer): boolean {
  return payload.length >= 4 && has(payload.readUInt32LE(0), Capability.SSL);
}

export function decodeSslRequest(payload: Buffer): SslRequest {
  return readClientFlags(new ByteReader(payload, PACKET), PACKET);
}

export function encodeSslRequest(request: SslRequest): Buffer {
  const writer = new ByteWriter(PACKET);
  writeClientFlags(writer, request);
  return writer.finish();
}

/** Reads the 32 common bytes. @throws ProtocolError for clients older than protocol 4.1 (MySQL 4.0 and before). */
export function readClientFlags(reader: ByteReader, packet: string): SslRequest {
  // Looked at before the length: the old form is shorter, and "too old" says more than "truncated".
  const low = reader.u16();
  if (!has(low, Capability.PROTOCOL_41)) {
    throw new ProtocolError('PM_PROTOCOL_UNSUPPORTED', packet, 'the client does not speak protocol 4.1');
  }
  const capabilities = (low | (reader.u16() << 16)) >>> 0;
  const maxPacketSize = reader.u32();
  const charset = reader.u8();
  reader.skip(RESERVED);
  const reserved = reader.u32();
  const mariadbCapabilities = has(capabilities, Capability.LONG_PASSWORD) ? 0 : reserved;
  return { capabilities, mariadbCapabilities, maxPacketSize, charset };
}

export function writeClientFlags(writer: ByteWriter, flags: SslRequest): void {
  writer
    .u32(flags.capabilities)
    .u32(flags.maxPacketSize)
    .u8(flags.charset & 0xff)
    .zeros(RESERVED)
    .u32(has(flags.capabilities, Capability.LONG_PASSWORD) ? 0 : flags.mariadbCapabilities);
}
