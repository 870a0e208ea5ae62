import { parseMariadbGtids } from './mariadb-gtid.js';
import { type Position, parsePosition } from './position.js';
import type { Flavor } from './snapshot.js';

/**
 * The highest transaction number, per source, that a client was told is committed. Keeping the highest only makes `add` cheap and
 * the memory constant; a server that has it nearly always has the ones before it.
 */
export class Acknowledged {
  readonly #highest = new Map<string, number>();

  /** Takes `uuid:n`, `uuid:tag:n`, a set with ranges, or `domain-server-sequence`; text of another form is ignored. */
  add(gtid: string): void {
    for (const part of gtid.split(',')) this.#addOne(part.trim());
  }

  clear(): void {
    this.#highest.clear();
  }

  get isEmpty(): boolean {
    return this.#highest.size === 0;
  }

  /** The acknowledged transactions as a position of the given kind; those of the other kind are left out. */
  position(flavor: Flavor): Position {
    const wanted = [...this.#highest].filter(([source]) => source.includes(':') === (flavor === 'mysql'));
    const text = wanted.map(([source, number]) => `${source}${number}`);
    return parsePosition(flavor, text.join(','));
  }

  #addOne(gtid: string): void {
    const colon = gtid.lastIndexOf(':');
    if (colon > 0) {
      const last = Number(
        gtid
          .slice(colon + 1)
          .split('-')
          .at(-1),
      );
      if (last > 0)
        this.#raise(
          gtid
            .slice(0, colon + 1)
            .toLowerCase()
            .replace(/(:\d[\d-]*)+:$/, ':'),
          last,
        );
      return;
    }
    const dash = gtid.lastIndexOf('-');
    if (dash > 0 && /^\d+-\d+-\d+$/.test(gtid)) this.#raise(gtid.slice(0, dash + 1), parseMariadbGtids(gtid)[0]?.sequence ?? 0);
  }

  #raise(source: string, number: number): void {
    if ((this.#highest.get(source) ?? 0) < number) this.#highest.set(source, number);
  }
}
