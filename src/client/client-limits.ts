/** How many clients other processes of the group have, overall and by address (only addresses with several are worth listing). */
export interface OtherClients {
  readonly total: number;
  readonly byAddress: ReadonlyMap<string, number>;
}

/** Why a client is not let in. */
export type LimitReached = 'clients' | 'clients-per-address' | 'clients-per-account';

/**
 * Counts this process's client connections and knows how many the others had a moment ago, so that the limits hold for the whole group
 * (to within what arrives between two reports).
 */
export class ClientLimits {
  #most: number;
  #mostPerAddress: number;
  readonly #byAddress = new Map<string, number>();
  readonly #byAccount = new Map<string, number>();
  #total = 0;
  #others: OtherClients = { total: 0, byAddress: new Map() };

  constructor(most: number, mostPerAddress: number) {
    this.#most = most;
    this.#mostPerAddress = mostPerAddress;
  }

  /** Who is in stays in. */
  allow(most: number, mostPerAddress: number): void {
    this.#most = most;
    this.#mostPerAddress = mostPerAddress;
  }

  get own(): OtherClients {
    return { total: this.#total, byAddress: this.#byAddress };
  }

  set others(others: OtherClients) {
    this.#others = others;
  }

  /** Counts a connection in; undefined when it may stay, else the limit, and it was not counted. */
  enter(address: string): LimitReached | undefined {
    const here = this.#byAddress.get(address) ?? 0;
    if (this.#total + this.#others.total >= this.#most) return 'clients';
    if (here + (this.#others.byAddress.get(address) ?? 0) >= this.#mostPerAddress) return 'clients-per-address';
    this.#total += 1;
    this.#byAddress.set(address, here + 1);
    return undefined;
  }

  leave(address: string): void {
    this.#total -= 1;
    decrement(this.#byAddress, address);
  }

  /** Counts a logged-in account. `most` is its own limit in this process; undefined: none. */
  enterAccount(user: string, most: number | undefined): LimitReached | undefined {
    const here = this.#byAccount.get(user) ?? 0;
    if (most !== undefined && here >= most) return 'clients-per-account';
    this.#byAccount.set(user, here + 1);
    return undefined;
  }

  leaveAccount(user: string): void {
    decrement(this.#byAccount, user);
  }
}

function decrement(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
