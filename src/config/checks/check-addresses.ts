import { type Address, formatAddress } from '../address.js';
import type { Config } from '../config.js';
import type { Findings } from '../findings.js';
import { formatKey, type KeyPath } from '../problem.js';

interface Listening {
  readonly path: KeyPath;
  readonly address: Address;
}

/** No two things of ours may listen on one address; 0.0.0.0 and [::] take a port on every address. */
export function checkAddresses(config: Config, findings: Findings): void {
  const all: Listening[] = [
    ...config.listeners.map((listener, index) => ({ path: ['listeners', index, 'address'], address: listener.address })),
    { path: ['admin', 'address'], address: config.admin.address },
  ];
  if (config.admin.metricsAddress !== undefined) all.push({ path: ['admin', 'metricsAddress'], address: config.admin.metricsAddress });
  if (config.console.users.length > 0) all.push({ path: ['console', 'address'], address: config.console.address });
  all.forEach((one, index) => {
    const earlier = all.slice(0, index).find((other) => collide(one.address, other.address));
    if (earlier === undefined) return;
    const taken = `${formatAddress(one.address)} is taken by ${formatKey(earlier.path)} (${formatAddress(earlier.address)})`;
    findings.error(one.path, `${taken}; give it another port`);
  });
}

function collide(a: Address, b: Address): boolean {
  if (a.path !== undefined || b.path !== undefined) return a.path === b.path;
  if (a.port === 0 || a.port !== b.port) return false;
  return a.host === b.host || isEverywhere(a.host) || isEverywhere(b.host);
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
