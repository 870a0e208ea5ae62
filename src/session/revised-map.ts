/** One entry with the revision at which it was last set. */
export type Revised<V> = readonly [name: string, value: V, revision: number];

/** A map in the order of last setting (not of first, as `Map` has it) that knows what was set after a given revision. */
export class RevisedMap<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly revision: number }>();

  get size(): number {
    return this.#entries.size;
  }

  get(name: string): V | undefined {
    return this.#entries.get(name)?.value;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  set(name: string, value: V, revision: number): void {
    this.#entries.delete(name);
    this.#entries.set(name, { value, revision });
  }

  delete(name: string): boolean {
    return this.#entries.delete(name);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** In the order of last setting. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: V]> {
    for (const [name, { value }] of this.#entries) yield [name, value];
  }

  /** What was set after `revision`, in the order of last setting. */
  since(revision: number): Revised<V>[] {
    const later: Revised<V>[] = [];
    for (const [name, entry] of this.#entries) if (entry.revision > revision) later.push([name, entry.value, entry.revision]);
    return later;
  }
}
