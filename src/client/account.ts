import type { CertificateRule } from './certificate-rule.js';

/** Somebody who may log in. Owners extend it with what they need (route, limits); the login reads only these. */
export interface Account {
  readonly user: string;
  /**
   * The secret in clear text; '' is an account without a password. Undefined: only a check of it is known, so the client must show the
   * clear password (caching_sha2_password's full authentication, over TLS or encrypted with our RSA key).
   */
  readonly password: string | undefined;
  /** Decides a clear password where `password` is undefined. */
  accepts?(password: string): boolean;
  /** Only clients with this certificate may log in. */
  readonly certificate?: CertificateRule | undefined;
}

/** Finds who may log in as `user` from `clientAddress` (an IP address, or `localhost` for a unix socket). */
export type FindAccount<A extends Account> = (user: string, clientAddress: string) => A | undefined;
