import { type Address, parseAddress } from '../address.js';
import { type Network, parseNetwork } from '../network.js';
import type { Kind } from './kind.js';
import { parsed } from './parsed.js';

/** An address to connect to. */
export function serverAddress(): Kind<Address> {
  return parsed('`host:port`, `[::1]:3306` or `unix:/path`', (value) => parseAddress(value, false));
}

/** An address to listen on; port 0 takes any free one. */
export function listenAddress(): Kind<Address> {
  return parsed('`host:port`, `[::]:6446` or `unix:/path`', (value) => parseAddress(value, true));
}

/** A range of addresses. */
export function network(): Kind<Network> {
  return parsed('address range such as `10.0.0.0/8`, or a single address', parseNetwork);
}
