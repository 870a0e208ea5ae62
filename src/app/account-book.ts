import { BlockList, isIPv6 } from 'node:net';
import type { Account } from '../client/account.js';
import type { UserConfig } from '../config/config.js';

/** A configured account, as the login and the door need it. */
export interface ConfiguredAccount extends Account {
  readonly password: string;
  readonly cluster: string | undefined;
  readonly route: 'primary' | 'replica' | undefined;
  readonly maxConnections: number | undefined;
}

interface Entry {
  readonly account: ConfiguredAccount;
  readonly allow: BlockList | undefined;
}

/** The accounts of the configuration by name. */
export class AccountBook {
  readonly #entries = new Map<string, Entry>();

  constructor(users: readonly UserConfig[]) {
    for (const user of users) {
      const account = {
        user: user.name,
        password: user.password,
        certificate: user.certificate,
        cluster: user.cluster,
        route: user.route,
        maxConnections: user.maxConnections,
      };
      this.#entries.set(user.name, { account, allow: user.allow === undefined ? undefined : blockList(user.allow) });
    }
  }

  /** The account if there is one that may come from this address. */
  find(user: string, clientAddress: string): ConfiguredAccount | undefined {
    const entry = this.#entries.get(user);
    if (entry === undefined) return undefined;
    if (entry.allow === undefined || clientAddress === 'localhost') return entry.account;
    return entry.allow.check(clientAddress, isIPv6(clientAddress) ? 'ipv6' : 'ipv4') ? entry.account : undefined;
  }
}

function blockList(networks: NonNullable<UserConfig['allow']>): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
