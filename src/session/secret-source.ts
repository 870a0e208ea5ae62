import type { Credential, Secret } from '../protocol/auth/secret.js';

/** What a cluster's process group has learnt of accounts. `auth.mode: configured` has a source that knows nothing. */
export interface SecretSource {
  /**
   * `group`: what earlier logins proved, newest first. `servers`: what the servers keep of the account at this moment, as far as the monitor's
   * account may read it and it is of use. Never rejects.
   */
  find(user: string, from: 'group' | 'servers'): Promise<readonly Secret[]>;
  /** A server let this in now. */
  proven(user: string, credential: Credential): void;
  /** A server said no to what had been proven before: nothing of this account counts any more. */
  refused(user: string): void;
}

/** Knows and keeps nothing. */
export const NO_SECRETS: SecretSource = { find: () => Promise.resolve([]), proven: () => undefined, refused: () => undefined };
