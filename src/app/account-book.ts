import { BlockList, isIPv6 } from 'node:net';
import type { Account } from '../client/account.js';
import type { Config, UserConfig } from '../config/config.js';
import { parseEd25519Key } from '../protocol/auth/ed25519.js';
import { parseNativeHash } from '../protocol/auth/native-password.js';
import type { Secret } from '../protocol/auth/secret.js';

/** An account, as the login and the door need it. */
export interface ListedAccount extends Account {
  readonly cluster: string | undefined;
  readonly route: 'split' | 'primary' | 'replica' | undefined;
  readonly maxConnections: number | undefined;
}

interface Entry {
  readonly account: ListedAccount;
  readonly allow: BlockList | undefined;
}

/** The accounts of the configuration by name; with `auth.mode: auto` also all others, of which nothing is known yet. */
export class AccountBook {
  readonly #entries = new Map<string, Entry>();
  readonly #auto: boolean;

  constructor({ users, auth }: Pick<Config, 'users' | 'auth'>) {
    this.#auto = auth.mode === 'auto';
    for (const user of users) {
      const secrets = secretsOf(user);
      const account = {
        user: user.name,
        certificate: user.certificate,
        secrets,
        // What the file says of a password is final.
        learnable: this.#auto && secrets.length === 0,
        cluster: user.cluster,
        route: user.route,
        maxConnections: user.maxConnections,
      };
      this.#entries.set(user.name, { account, allow: user.allow === undefined ? undefined : blockList(user.allow) });
    }
  }

  /** The account if there is one, or may be one, that may come from this address. */
  find(user: string, clientAddress: string): ListedAccount | undefined {
    const entry = this.#entries.get(user);
    if (entry === undefined) {
      const nothing = { secrets: [], cluster: undefined, route: undefined, maxConnections: undefined };
      return this.#auto ? { user, learnable: true, ...nothing } : undefined;
    }
    if (entry.allow === undefined || clientAddress === 'localhost') return entry.account;
    return entry.allow.check(clientAddress, isIPv6(clientAddress) ? 'ipv6' : 'ipv4') ? entry.account : undefined;
  }
}

function secretsOf({ password, oldPassword, passwordHash }: UserConfig): Secret[] {
  const secrets: Secret[] = [];
  for (const each of [password, oldPassword]) if (each !== undefined) secrets.push({ kind: 'clear', password: each });
  if (passwordHash !== undefined) secrets.push(storedSecret(passwordHash));
  return secrets;
}

/** What a server keeps of a password, whatever its plugin; the configuration's check let nothing else pass. */
function storedSecret(stored: string): Secret {
  const stage2 = parseNativeHash(stored);
  if (stage2 !== undefined) return { kind: 'native-hash', stage2 };
  const publicKey = parseEd25519Key(stored);
  return publicKey === undefined ? { kind: 'sha2-hash', stored } : { kind: 'ed25519-key', publicKey };
}

function blockList(networks: NonNullable<UserConfig['allow']>): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
