import type { MonitorOptions, Witness } from '../options.js';
import type { LockServer } from './server-lock.js';

/** The servers whose locks make the majority: the cluster's as configured, and the witnesses. All are asked with the monitor's account. */
export function lockServers(options: MonitorOptions, witnesses: readonly Witness[]): readonly LockServer[] {
  const common = { account: options.monitor, tls: options.tls, localAddress: options.localAddress };
  return [
    ...options.backends.map(({ name, address, preamble }) => ({ name, link: { ...common, address, preamble } })),
    ...witnesses.map(({ name, address }) => ({ name, link: { ...common, address } })),
  ];
}
