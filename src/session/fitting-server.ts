import { Capability, has, MariadbCapability } from '../protocol/capabilities.js';
import type { ClientIdentity } from './services.js';

/** What a server offers, by its greeting or as agreed on a connection. */
export interface ServerOffer {
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
}

/** Each changes the form of what a server sends: packets of a server without it would be misread by a client that agreed on it. */
const FORMS = {
  DEPRECATE_EOF: Capability.DEPRECATE_EOF,
  SESSION_TRACK: Capability.SESSION_TRACK,
  OPTIONAL_RESULTSET_METADATA: Capability.OPTIONAL_RESULTSET_METADATA,
} as const;

/**
 * Names of what this client agreed on at login that the server does not have, where its packets would have to be written anew. Such a
 * server is not for this session: the client has to log in again, and is greeted with less. (Query attributes are translated instead.)
 */
export function lackingFor(client: Pick<ClientIdentity, 'capabilities' | 'mariadbCapabilities'>, server: ServerOffer): readonly string[] {
  const lacking: string[] = [];
  for (const [name, bit] of Object.entries(FORMS)) {
    if (has(client.capabilities, bit) && !has(server.capabilities, bit)) lacking.push(name);
  }
  const metadata = MariadbCapability.EXTENDED_METADATA;
  if (has(client.mariadbCapabilities, metadata) && !has(server.mariadbCapabilities, metadata)) lacking.push('EXTENDED_METADATA');
  return lacking;
}
