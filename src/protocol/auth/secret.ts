/** What is known of an account's password: enough to judge a client that claims to have it. */
export type Secret =
  | { readonly kind: 'clear'; readonly password: string }
  /** SHA1(SHA1(password)), 20 bytes: `*HEX` in `mysql.user`. */
  | { readonly kind: 'native-hash'; readonly stage2: Buffer }
  /** `$A$005$...` (caching_sha2_password) or `$5$...` (sha256_password): can check a clear password only. */
  | { readonly kind: 'sha2-hash'; readonly stored: string }
  /** MariaDB's stored 32 bytes. */
  | { readonly kind: 'ed25519-key'; readonly publicKey: Buffer };

/** What a login at a backend needs: proven by the client. */
export type Credential =
  | { readonly kind: 'clear'; readonly password: string }
  /** SHA1(password), 20 bytes: enough for mysql_native_password, nothing else. */
  | { readonly kind: 'native-stage1'; readonly stage1: Buffer };
