import { type CharSet, contains, LINE_ENDS, STRAY, WORDS } from './char-set.js';
import type { Program } from './program.js';

/** What stands beside a place, for assertions. `edge`: the text's beginning or end. */
export const Beside = { other: 0, word: 1, line: 2, edge: 3 } as const;

/**
 * The characters that a program cannot tell apart, as numbered classes: two characters of one class are in the same sets, and beside
 * a place they are the same.
 */
export class Alphabet {
  /** Class of each ASCII character. */
  readonly ascii = new Uint16Array(128);
  /** How many classes there are. */
  readonly size: number;
  /** `Beside` of each class. */
  readonly beside: Uint8Array;
  /** A character of each class. */
  readonly example: readonly number[];
  readonly #bounds: readonly number[];
  readonly #classes: readonly number[];

  constructor({ steps }: Program) {
    const sets: CharSet[] = [WORDS, LINE_ENDS];
    for (const step of steps) if (step.op === 'set' && !sets.includes(step.set)) sets.push(step.set);
    const cuts = new Set([0]);
    for (const set of sets) {
      for (let i = 0; i < set.length; i += 2) {
        cuts.add(set[i] as number);
        cuts.add((set[i + 1] as number) + 1);
      }
    }
    this.#bounds = [...cuts].sort((a, b) => a - b);
    const known = new Map<string, number>();
    const example: number[] = [];
    this.#classes = this.#bounds.map((from) => {
      const key = sets.map((set) => (contains(set, from) ? '1' : '0')).join('');
      let number = known.get(key);
      if (number === undefined) {
        number = example.push(from) - 1;
        known.set(key, number);
      }
      return number;
    });
    this.example = example;
    this.size = example.length;
    this.beside = Uint8Array.from(example, (each) =>
      contains(WORDS, each) ? Beside.word : contains(LINE_ENDS, each) ? Beside.line : Beside.other,
    );
    for (let code = 0; code < 128; code++) this.ascii[code] = this.classOf(code);
  }

  /** Class of any character, as `characterAt` gives them. */
  classOf(character: number): number {
    let low = 0;
    let high = this.#bounds.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#bounds[middle] as number) <= character) low = middle;
      else high = middle - 1;
    }
    return this.#classes[low] as number;
  }
}

/**
 * The character that begins at `bytes[at]`: of UTF-8, or a stray byte. Its length follows from `characterLength`.
 */
export function characterAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return first;
  const second = at + 1 < end ? (bytes[at + 1] as number) ^ 0x80 : 0xff;
  if (second > 0x3f || first < 0xc2 || first > 0xf4) return STRAY + first;
  if (first < 0xe0) return ((first & 0x1f) << 6) | second;
  const third = at + 2 < end ? (bytes[at + 2] as number) ^ 0x80 : 0xff;
  if (third > 0x3f) return STRAY + first;
  if (first < 0xf0) {
    const code = ((first & 0x0f) << 12) | (second << 6) | third;
    return code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? STRAY + first : code;
  }
  const fourth = at + 3 < end ? (bytes[at + 3] as number) ^ 0x80 : 0xff;
  const code = ((first & 0x07) << 18) | (second << 12) | (third << 6) | fourth;
  return fourth > 0x3f || code < 0x10000 || code > 0x10ffff ? STRAY + first : code;
}

/** Bytes of a character in the text. */
export function characterLength(character: number): number {
  return character < 0x80 || character >= STRAY ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
}
