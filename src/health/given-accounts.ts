import { isRefusedLogin, replicaOf, type ServerSample } from '../topology/sample.js';
import type { Account } from './options.js';

/** The same account is given again after this time: somebody may have put things right at the source meanwhile, or wrong at the replica. */
const AGAIN_MS = 300_000;

/** Which replication account each member was given last by this process: one that its source refuses is given the configured one, once. */
export class GivenAccounts {
  readonly #given = new Map<string, { readonly account: Account; readonly atMs: number }>();

  /** The member's source refuses its login, and there is an account to try that was not tried just now. */
  helps(name: string, member: ServerSample, account: Account | undefined): boolean {
    const replica = replicaOf(member);
    // One that goes by positions in files would lose its place.
    if (account === undefined || replica?.usesGtid !== true) return false;
    if (replica.receiver === 'Yes' || !isRefusedLogin(replica.receiverErrno)) return false;
    const given = this.#given.get(name);
    if (given === undefined || performance.now() - given.atMs >= AGAIN_MS) return true;
    return given.account.user !== account.user || given.account.password !== account.password;
  }

  /** It is about to be given this one. */
  gave(name: string, account: Account | undefined): void {
    if (account !== undefined) this.#given.set(name, { account: { ...account }, atMs: performance.now() });
  }
}
