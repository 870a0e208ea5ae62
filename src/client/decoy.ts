import { randomBytes } from 'node:crypto';
import type { Account } from './account.js';

/** Stands in for an unknown user, so that the exchange takes the same steps and time. Nobody knows its password. */
export function decoy(user: string): Account {
  return { user, secrets: [{ kind: 'clear', password: randomBytes(16).toString('hex') }], learnable: false };
}
