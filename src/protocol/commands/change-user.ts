import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Capability, has } from '../capabilities.js';
import { Command } from '../commands.js';
import { type ConnectAttributes, readConnectAttributes, writeConnectAttributes } from '../connect-attributes.js';

/** COM_CHANGE_USER: log in anew on an open connection; everything the session had is dropped. */
export interface ChangeUserRequest {
  readonly user: string;
  /** Secret. Made with the nonce of the greeting (or of the last auth switch), which MySQL's own clients do, or empty. */
  readonly authResponse: Buffer;
  /** Empty: no database. */
  readonly database: string;
  /** Collation id. The fields from here on may be missing, each with all behind it. */
  readonly charset?: number;
  readonly authPlugin?: string;
  readonly attributes?: ConnectAttributes;
}

const PACKET = 'change-user';

export function decodeChangeUser(payload: Buffer, capabilities: number): ChangeUserRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.CHANGE_USER);
  const user = reader.nulText();
  const authResponse = has(capabilities, Capability.SECURE_CONNECTION) ? reader.bytes(reader.u8()) : reader.nulBytes();
  const database = reader.nulOrRestText();
  const present = (flag: number) => has(capabilities, flag) && reader.remaining > 0;
  return {
    user,
    authResponse,
    database,
    ...(reader.remaining >= 2 && { charset: reader.u16() }),
    ...(present(Capability.PLUGIN_AUTH) && { authPlugin: reader.nulOrRestText() }),
    ...(present(Capability.CONNECT_ATTRS) && { attributes: readConnectAttributes(reader, PACKET) }),
  };
}

export function encodeChangeUser(request: ChangeUserRequest, capabilities: number): Buffer {
  const writer = new ByteWriter(PACKET).u8(Command.CHANGE_USER).nulText(request.user);
  if (has(capabilities, Capability.SECURE_CONNECTION)) writer.shortBytes(request.authResponse);
  else writer.nulBytes(request.authResponse);
  writer.nulText(request.database);
  if (request.charset === undefined) return writer.finish();
  writer.u16(request.charset);
  if (request.authPlugin === undefined || !has(capabilities, Capability.PLUGIN_AUTH)) return writer.finish();
  writer.nulText(request.authPlugin);
  if (request.attributes !== undefined && has(capabilities, Capability.CONNECT_ATTRS)) writeConnectAttributes(writer, request.attributes);
  return writer.finish();
}
