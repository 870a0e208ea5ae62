import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import { type Digest, digestOf, readDigest } from './digest.js';
import { DigestBuilder } from './digest-builder.js';
import { Lexer } from './lexer.js';

/** Digests of one hash's low bits share a set of so many places. */
const WAYS = 4;

/**
 * Hash and text of the digests seen lately, as strings that are made once. Keyed by the 64-bit hash that the reading itself gives, never by
 * statement text. Bounded: the oldest of its set makes room.
 */
export class DigestCache {
  /** How many it holds at most. */
  readonly capacity: number;
  readonly #mask: number;
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #digests: (Digest | undefined)[];
  readonly #next: Uint8Array;
  readonly #lexer = new Lexer();
  readonly #builder = new DigestBuilder();

  /** @param capacity rounded up to a power of two, at least 4; each entry takes about 150 bytes and its text */
  constructor(capacity = 4096) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(1, capacity / WAYS)));
    this.capacity = sets * WAYS;
    this.#mask = sets - 1;
    this.#high = new Int32Array(this.capacity);
    this.#low = new Int32Array(this.capacity);
    this.#digests = new Array<Digest | undefined>(this.capacity).fill(undefined);
    this.#next = new Uint8Array(sets);
  }

  /** As the function `digest`, which makes a reader and both strings each time. */
  digest(sql: Uint8Array, dialect: SqlDialect = DEFAULT_DIALECT, start = 0, end = sql.length): Digest {
    readDigest(this.#lexer, this.#builder, sql, dialect, start, end);
    return this.digestOf(this.#builder);
  }

  /** The digest of what `builder` has gathered; the same object for the same digest while it is kept. */
  digestOf(builder: DigestBuilder): Digest {
    const halves = builder.hash();
    const high = halves.high | 0;
    const low = halves.low | 0;
    const set = low & this.#mask;
    for (let at = set * WAYS; at < (set + 1) * WAYS; at++) {
      if (this.#low[at] !== low || this.#high[at] !== high) continue;
      const known = this.#digests[at];
      if (known !== undefined) return known;
    }
    const way = this.#next[set] as number;
    this.#next[set] = (way + 1) % WAYS;
    const at = set * WAYS + way;
    const digest = digestOf(builder);
    this.#high[at] = high;
    this.#low[at] = low;
    this.#digests[at] = digest;
    return digest;
  }
}
