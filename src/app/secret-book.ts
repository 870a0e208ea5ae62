import { nativeStage2, nativeStage2Of, parseNativeHash } from '../protocol/auth/native-password.js';
import type { Credential, Secret } from '../protocol/auth/secret.js';
import type { SecretSource } from '../session/secret-source.js';

/** Accounts remembered for each cluster at most; those that logged in longest ago go first. */
const MOST_ACCOUNTS = 10_000;
/** One name may stand for several accounts, told apart by host. */
const MOST_SECRETS = 4;

/** A row of a server's account table. */
export interface StoredAccount {
  readonly plugin: string;
  readonly stored: string;
}

/** Reads what the servers keep of an account, newest state. Empty where that is not allowed. Never rejects. */
export type ReadAccounts = (user: string) => Promise<readonly StoredAccount[]>;

/** One cluster's secrets: what proven logins left, in this process's memory only, and what the monitor may read. */
export class SecretBook implements SecretSource {
  readonly #read: ReadAccounts;
  readonly #secrets = new Map<string, readonly Secret[]>();

  constructor(read: ReadAccounts) {
    this.#read = read;
  }

  async find(user: string, from: 'group' | 'servers'): Promise<readonly Secret[]> {
    if (from === 'group') return this.#secrets.get(user) ?? [];
    return (await this.#read(user)).flatMap(usable);
  }

  proven(user: string, credential: Credential): void {
    const secret = secretOf(credential);
    const others = (this.#secrets.get(user) ?? []).filter((other) => !sameSecret(other, secret));
    this.#secrets.delete(user);
    this.#secrets.set(user, [secret, ...others].slice(0, MOST_SECRETS));
    if (this.#secrets.size > MOST_ACCOUNTS) this.#secrets.delete(this.#secrets.keys().next().value as string);
  }

  refused(user: string): void {
    this.#secrets.delete(user);
  }
}

/** Only native password's hash is of use: with the client's answer it gives what any server accepts. The others could only check a clear password. */
function usable({ plugin, stored }: StoredAccount): Secret[] {
  if (plugin !== 'mysql_native_password') return [];
  if (stored === '') return [{ kind: 'clear', password: '' }];
  const stage2 = parseNativeHash(stored);
  return stage2 === undefined ? [] : [{ kind: 'native-hash', stage2 }];
}

function secretOf(credential: Credential): Secret {
  return credential.kind === 'clear' ? credential : { kind: 'native-hash', stage2: nativeStage2Of(credential.stage1) };
}

/** The same password; in clear it is worth more than as a hash, so a hash of it is replaced by it. */
function sameSecret(old: Secret, secret: Secret): boolean {
  if (old.kind === 'native-hash') {
    const stage2 = secret.kind === 'clear' ? nativeStage2(secret.password) : secret.kind === 'native-hash' ? secret.stage2 : undefined;
    return stage2?.equals(old.stage2) === true;
  }
  return old.kind === 'clear' && secret.kind === 'clear' && old.password === secret.password;
}
