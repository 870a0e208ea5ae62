import type { Secret } from '../protocol/auth/secret.js';
import type { CertificateRule } from './certificate-rule.js';

/** Somebody who may log in. Owners extend it with what they need (route, limits); the login reads only these. */
export interface Account {
  readonly user: string;
  /** What is known of its password from the start: each counts, so a password can be changed everywhere without a gap. `''` in clear: it has none. */
  readonly secrets: readonly Secret[];
  /** More may be found out: what earlier logins proved, what the servers keep, what they say to the client's own answer (`auth.mode: auto`). */
  readonly learnable: boolean;
  /** Only clients with this certificate may log in. */
  readonly certificate?: CertificateRule | undefined;
}

/** Finds who may log in as `user` from `clientAddress` (an IP address, or `localhost` for a unix socket). */
export type FindAccount<A extends Account> = (user: string, clientAddress: string) => A | undefined;
