import type { AuthLogin } from '../proxy/auth-client.js';
import type { Flavor } from '../servers/servers.js';

/** What the rows of the login matrix are made of, and what is expected of each. */
export const PASSWORD = 'pä$$ "wörd" of the matrix';

export interface AccountKind {
  readonly name: string;
  readonly flavor: Flavor;
  readonly identified: (password: string) => string;
  /** What the server asks for, in its order. */
  readonly plugins: readonly string[];
  /** What the server keeps can be given to the proxy (`passwordHash`). */
  readonly hasHash: boolean;
}

const NATIVE = 'mysql_native_password';
const SHA2 = 'caching_sha2_password';
const SHA256 = 'sha256_password';
const CLEAR = 'mysql_clear_password';
const ED25519 = 'client_ed25519';

const mysql = (name: string, plugin: string): AccountKind => ({
  name,
  flavor: 'mysql',
  identified: (password) => `IDENTIFIED WITH ${plugin} BY '${password}'`,
  plugins: [plugin],
  hasHash: true,
});

export const ACCOUNT_KINDS: readonly AccountKind[] = [
  mysql('native', NATIVE),
  mysql('sha2', SHA2),
  mysql('sha256', SHA256),
  {
    name: 'native',
    flavor: 'mariadb',
    identified: (password) => `IDENTIFIED VIA mysql_native_password USING PASSWORD('${password}')`,
    plugins: [NATIVE],
    hasHash: true,
  },
  {
    name: 'ed25519',
    flavor: 'mariadb',
    identified: (password) => `IDENTIFIED VIA ed25519 USING PASSWORD('${password}')`,
    plugins: [ED25519],
    hasHash: true,
  },
  {
    name: 'either',
    flavor: 'mariadb',
    identified: (password) => `IDENTIFIED VIA ed25519 USING PASSWORD('${password}') OR mysql_native_password USING PASSWORD('other')`,
    plugins: [ED25519, NATIVE],
    hasHash: false,
  },
];

export interface ClientKind {
  readonly name: string;
  readonly how: Pick<AuthLogin, 'plugin' | 'dummy' | 'speaks' | 'asksForKey'>;
}

/** `eager`: the first answer is made with the greeting's nonce. `dummy`: empty until switched, as the C clients do it for another plugin than the greeting's. */
export const CLIENT_KINDS: readonly ClientKind[] = [
  { name: 'native, eager', how: { plugin: NATIVE } },
  { name: 'native, dummy', how: { plugin: NATIVE, dummy: true } },
  { name: 'sha2, eager', how: { plugin: SHA2 } },
  { name: 'sha2, dummy', how: { plugin: SHA2, dummy: true } },
  { name: 'sha256, eager', how: { plugin: SHA256 } },
  { name: 'sha256, dummy', how: { plugin: SHA256, dummy: true } },
  { name: 'clear, eager', how: { plugin: CLEAR } },
  { name: 'ed25519, dummy', how: { plugin: ED25519, dummy: true } },
  { name: 'unheard of', how: { plugin: 'auth_gssapi_client', dummy: true } },
  { name: 'no plugins', how: { plugin: undefined } },
  { name: 'native only', how: { plugin: NATIVE, speaks: [NATIVE] } },
  { name: 'no key', how: { plugin: SHA2, speaks: [NATIVE, SHA2, SHA256, ED25519], asksForKey: false } },
];

/**
 * Where the proxy has the secret from. `clear`, `hash`: the file. `read`: the monitor's account may read the servers' hashes. `asked`: it may
 * not, so the server is asked, and the client shows its password or its answer is relayed. `remembered`: an earlier login.
 */
export const SOURCES = ['clear', 'hash', 'read', 'asked', 'remembered'] as const;
export type Source = (typeof SOURCES)[number];

export interface Row {
  readonly account: AccountKind;
  readonly client: ClientKind;
  readonly tls: boolean;
  /** The server's cache of caching_sha2_password. */
  readonly cold: boolean;
}

/** A dummy is sent for another plugin than the greeting's only. */
export function exists({ account, client }: Row): boolean {
  const greeting = account.flavor === 'mysql' ? SHA2 : NATIVE;
  return !(client.how.dummy === true && client.how.plugin === greeting);
}

/** `in`, the server's error number, or what the client gives up at. */
export function expectedDirectly({ account, client, tls, cold }: Row): string {
  const [plugin = ''] = account.plugins;
  if (client.name === 'no plugins' && account.plugins.length > 1) return '1045';
  if (client.name === 'no plugins') return plugin === NATIVE ? 'in' : '1251';
  if (client.how.speaks !== undefined && !client.how.speaks.includes(plugin)) return `gives up at ${plugin}`;
  const wantsKey = !tls && (plugin === SHA256 || (plugin === SHA2 && cold));
  return wantsKey && client.how.asksForKey === false ? 'gives up at key' : 'in';
}

/** The same through the proxy. It may be better than directly, never worse. */
export function expectedThrough(row: Row, source: Source): string {
  const { account, client, tls } = row;
  const [plugin = ''] = account.plugins;
  // Known in clear: the client proves itself with the plugin it has.
  if (source === 'clear') return 'in';
  const plain = client.name === 'no plugins';
  // An answer to our nonce is worth nothing to the server; to give the client the server's takes a switch.
  if (plugin === NATIVE) return plain && source === 'asked' ? '1045' : 'in';
  // Signatures are relayed: nothing is learnt from them.
  if (source === 'remembered' && plugin !== ED25519) return 'in';
  // The password itself is needed.
  if (plain) return '1045';
  const asked = source === 'hash' || (plugin === SHA256 && client.how.plugin === SHA2) ? SHA2 : plugin;
  if (client.how.speaks !== undefined && !client.how.speaks.includes(asked)) return `gives up at ${asked}`;
  return !tls && asked !== ED25519 && client.how.asksForKey === false ? 'gives up at key' : 'in';
}
