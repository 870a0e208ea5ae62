import type { ConnectAttributes } from '../protocol/connect-attributes.js';

/** What a server's list of connection attributes tells of the way a connection came. */
export interface OwnAttributes {
  readonly version: string;
  /** The client's address as we know it. */
  readonly clientAddress: string | undefined;
  /** Our id of the client's connection: the one that KILL takes. */
  readonly connectionId: number | undefined;
}

/** Servers refuse a login with more; names and values with their lengths (one to three bytes each). */
const MOST_BYTES = 64 * 1024;
const LENGTH_BYTES = 3;

/**
 * The client's attributes with ours behind them (performance_schema cuts off the end of a list that is too long for it). Names of ours that
 * the client has used itself stay the client's; where all of it would be more than servers take, ours are left out.
 */
export function withOwnAttributes(attributes: ConnectAttributes, own: OwnAttributes): ConnectAttributes {
  const added: [string, string][] = [['_pointsman_version', own.version]];
  if (own.clientAddress !== undefined) added.push(['_pointsman_client', own.clientAddress]);
  if (own.connectionId !== undefined) added.push(['_pointsman_connection_id', String(own.connectionId)]);
  const taken = new Set(attributes.map(([name]) => name));
  const all = [...attributes, ...added.filter(([name]) => !taken.has(name))];
  const bytes = all.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value) + 2 * LENGTH_BYTES, 0);
  return bytes > MOST_BYTES ? attributes : all;
}
