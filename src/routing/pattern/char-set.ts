/** Sorted ranges of characters that neither overlap nor touch, as [from, to, from, to, ...], both ends included. */
export type CharSet = readonly number[];

/** Bytes that are not UTF-8 count as characters of their own, behind all others: `STRAY + byte`. */
export const STRAY = 0x110000;
const LAST = STRAY + 0xff;

/** Larger sets are folded in their ASCII part only: whoever writes 10,000 characters means both cases already. */
const MAX_FOLDED = 10_000;

export const ANY: CharSet = [0, LAST];
export const DIGITS: CharSet = [48, 57];
export const WORDS: CharSet = [48, 57, 65, 90, 95, 95, 97, 122];
/** What JavaScript's `\s` takes. */
export const SPACES: CharSet = normalized([
  9, 13, 32, 32, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff,
]);
export const LINE_ENDS: CharSet = [10, 10, 13, 13, 0x2028, 0x2029];

/** Ranges in any order, made a set. */
export function normalized(ranges: readonly number[]): CharSet {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i] as number, ranges[i + 1] as number]);
  pairs.sort((a, b) => a[0] - b[0]);
  const set: number[] = [];
  for (const [from, to] of pairs) {
    const last = set.length - 1;
    if (last > 0 && from <= (set[last] as number) + 1) set[last] = Math.max(set[last] as number, to);
    else set.push(from, to);
  }
  return set;
}

/** Every character that is not in the set, stray bytes included. */
export function negated(set: CharSet): CharSet {
  const rest: number[] = [];
  let next = 0;
  for (let i = 0; i < set.length; i += 2) {
    if ((set[i] as number) > next) rest.push(next, (set[i] as number) - 1);
    next = (set[i + 1] as number) + 1;
  }
  if (next <= LAST) rest.push(next, LAST);
  return rest;
}

/** The set with the other case of each of its letters. */
export function folded(set: CharSet): CharSet {
  const more: number[] = [...set];
  let size = 0;
  for (let i = 0; i < set.length; i += 2) size += (set[i + 1] as number) - (set[i] as number) + 1;
  const limit = size > MAX_FOLDED ? 0x7f : 0x10ffff;
  for (let i = 0; i < set.length; i += 2) {
    const to = Math.min(set[i + 1] as number, limit);
    for (let c = set[i] as number; c <= to; c++) {
      const character = String.fromCodePoint(c);
      for (const other of [character.toLowerCase(), character.toUpperCase()]) {
        const code = other.codePointAt(0) as number;
        // `ß` has no single capital, and a letter outside ASCII never stands for one within.
        if (code !== c && String.fromCodePoint(code) === other && c < 128 === code < 128) more.push(code, code);
      }
    }
  }
  return normalized(more);
}

export function contains(set: CharSet, character: number): boolean {
  for (let i = 0; i < set.length; i += 2) if (character <= (set[i + 1] as number)) return character >= (set[i] as number);
  return false;
}
