/**
 * Variables that cannot be set again elsewhere, since they hold for the next statement only, or say who this connection pretends to be.
 * Each is a pin until it is over.
 */
export class OneShots {
  readonly #set = new Set<string>();

  get names(): ReadonlySet<string> {
    return this.#set;
  }

  /** The server's tracker reports it. */
  told(name: string, value: string): void {
    if (isDefault(name, value)) this.#set.delete(name);
    else this.#set.add(name);
  }

  ended(name: string): void {
    this.#set.delete(name);
  }

  /** A statement of this kind has run, and may have used up what was meant for it; `madeId`: it has surely made an AUTO_INCREMENT id. */
  usedBy(kind: string, madeId: boolean): void {
    if (kind === 'set' || kind === 'transaction') return;
    for (const name of FOR_ONE_STATEMENT) this.#set.delete(name);
    // Everything else leaves the id for the next INSERT that needs one.
    if (madeId) this.#set.delete('insert_id');
  }

  clear(): void {
    this.#set.clear();
  }
}

const FOR_ONE_STATEMENT = ['rand_seed1', 'rand_seed2', 'gtid_seq_no'] as const;

/** The value that says: nothing special. */
function isDefault(name: string, value: string): boolean {
  if (name === 'gtid_next') return value.toUpperCase() === 'AUTOMATIC';
  return name.startsWith('pseudo_') && name !== 'pseudo_thread_id' && (value === '0' || value.toUpperCase() === 'OFF');
}
