import { type Address, parseAddress } from '../address.js';
import type { JsonNode } from '../json/node.js';
import { type Network, parseNetwork } from '../network.js';
import type { KeyPath } from '../problem.js';
import { type JsonSchema, type Kind, type Report, textOf } from './kind.js';

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

function parsed<T extends object>(what: string, parse: (value: string) => T | string): Kind<T> {
  return {
    unit: '',
    text: what,
    read(node: JsonNode, path: KeyPath, report: Report): T | undefined {
      const value = textOf(node, path, report, 'text');
      if (value === undefined) return undefined;
      const result = parse(value);
      if (typeof result !== 'string') return result;
      report(path, result, node);
      return undefined;
    },
    schema(): JsonSchema {
      return { type: 'string', minLength: 1 };
    },
  };
}
