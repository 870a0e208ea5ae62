import type { Credential } from '../protocol/auth/secret.js';

/**
 * Logins that a backend has accepted not long ago: with the same account, secret and schema the next login need not ask again, so its
 * backend connection can wait for the first command. One per cluster and process.
 */
export class ProvenLogins {
  verifyIntervalMs: number;
  readonly #provenAtMs = new Map<string, number>();

  constructor(verifyIntervalMs: number) {
    this.verifyIntervalMs = verifyIntervalMs;
  }

  /** A backend accepted this login now. */
  prove(user: string, credential: Credential, schema: string | undefined): void {
    if (this.#provenAtMs.size > 10_000) this.#provenAtMs.clear();
    this.#provenAtMs.set(key(user, credential, schema), performance.now());
  }

  isProven(user: string, credential: Credential, schema: string | undefined): boolean {
    const at = this.#provenAtMs.get(key(user, credential, schema));
    return at !== undefined && performance.now() - at < this.verifyIntervalMs;
  }

  /** A backend said no: nothing of this account counts any more. */
  forget(user: string): void {
    for (const login of this.#provenAtMs.keys()) if (login.startsWith(`${user}\0`)) this.#provenAtMs.delete(login);
  }
}

function key(user: string, credential: Credential, schema: string | undefined): string {
  const secret = credential.kind === 'clear' ? credential.password : credential.stage1.toString('hex');
  return `${user}\0${credential.kind}\0${secret}\0${schema ?? ''}`;
}
