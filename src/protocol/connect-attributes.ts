import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** Name and value, in the order sent: `_client_name`, `program_name` ... */
export type ConnectAttributes = readonly (readonly [name: string, value: string])[];

/** Reads the attribute block at the end of a handshake response or COM_CHANGE_USER. */
export function readConnectAttributes(reader: ByteReader, packet: string): ConnectAttributes {
  const block = new ByteReader(reader.lenencBytes(), `${packet} attributes`);
  const attributes: [string, string][] = [];
  while (block.remaining > 0) attributes.push([block.lenencText(), block.lenencText()]);
  return attributes;
}

export function writeConnectAttributes(writer: ByteWriter, attributes: ConnectAttributes): void {
  const block = new ByteWriter('connect-attributes');
  for (const [name, value] of attributes) block.lenencText(name).lenencText(value);
  writer.lenencBytes(block.finish());
}
