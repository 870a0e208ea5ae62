import { BlockList, isIPv6 } from 'node:net';
import type { Network } from '../config/network.js';

/** Whether an IP address lies in one of the networks. `localhost` (a unix socket) lies in none. */
export function networkList(networks: readonly Network[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return (address) => address !== 'localhost' && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
