import fc from 'fast-check';
import t from 'tap';
import { Pattern } from '../../../../src/routing/pattern/pattern.js';
import { PatternError } from '../../../../src/routing/pattern/pattern-error.js';

/** Pieces of patterns that mean the same to JavaScript with the flag `u`; `\r` and the like come in through the texts. */
const LETTERS = ['a', 'b', 'A', 'é', 'É', '😀', ' ', '_', '1', '\\n', '\\.', '-'];
const SETS = ['.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '[ab]', '[^a]', '[a-c1]', '[^\\d\\s]', '[é-ü]', '[\\w-]', '[😀]', '[^😀\\n]'];
const PLACES = ['^', '$', '\\b', '\\B'];
const REPEATS = ['*', '+', '?', '{2}', '{1,}', '{0,2}', '{2,3}', '{0}'];

/** `solid`: no group that can match nothing is repeated (engines differ in what such a group has captured). */
function patterns(depth: number, solid: boolean): fc.Arbitrary<{ source: string; mayBeEmpty: boolean }> {
  const leaf = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...LETTERS).map((source) => ({ source, mayBeEmpty: false })) },
    { weight: 3, arbitrary: fc.constantFrom(...SETS).map((source) => ({ source, mayBeEmpty: false })) },
    { weight: 1, arbitrary: fc.constantFrom(...PLACES).map((source) => ({ source, mayBeEmpty: true })) },
  );
  if (depth === 0) return leaf;
  const inner = patterns(depth - 1, solid);
  const sequence = fc
    .array(inner, { minLength: 0, maxLength: 3 })
    .map((parts) => ({ source: parts.map(({ source }) => source).join(''), mayBeEmpty: parts.every(({ mayBeEmpty }) => mayBeEmpty) }));
  const choice = fc.array(sequence, { minLength: 2, maxLength: 3 }).map((parts) => ({
    source: `(?:${parts.map(({ source }) => source).join('|')})`,
    mayBeEmpty: parts.some(({ mayBeEmpty }) => mayBeEmpty),
  }));
  const group = fc.oneof(sequence, choice).map(({ source, mayBeEmpty }) => ({ source: `(${source})`, mayBeEmpty }));
  const repeat = fc
    .tuple(fc.oneof(group, choice), fc.constantFrom(...REPEATS), fc.constantFrom('', '?'))
    .map(([{ source, mayBeEmpty }, times, lazy]) => ({
      source: solid && mayBeEmpty ? source : source + times + lazy,
      mayBeEmpty: mayBeEmpty || /^[*?]|^\{0/.test(times),
    }));
  return fc.oneof(leaf, sequence, choice, group, repeat);
}

const TEXTS = fc
  .array(fc.constantFrom('a', 'b', 'c', 'A', 'B', 'é', 'É', 'ü', '😀', '😁', ' ', '_', '1', '\n', '\r', '.', '-', '\u2028'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));

const FLAGS = fc.record({ ignoreCase: fc.boolean(), dotAll: fc.boolean(), multiline: fc.boolean() });

function script(flags: { ignoreCase: boolean; dotAll: boolean; multiline: boolean }): string {
  return `ud${flags.ignoreCase ? 'i' : ''}${flags.dotAll ? 's' : ''}${flags.multiline ? 'm' : ''}`;
}

/** V8 finds empty matches of `\B` in the middle of a surrogate pair, where there is no place between characters. */
function isInsidePair(text: string, match: RegExpExecArray | null): boolean {
  return match !== null && /[\udc00-\udfff]/.test(text[match.index] ?? '');
}

/** Offsets of a JavaScript match in bytes. */
function inBytes(text: string, match: RegExpExecArray | null): number[] | undefined {
  const at = (index: number): number => Buffer.byteLength(text.slice(0, index));
  return match?.indices?.flatMap((pair) => (pair === undefined ? [-1, -1] : [at(pair[0]), at(pair[1])]));
}

t.test('matches where JavaScript matches', (t) => {
  const property = fc.property(patterns(3, false), FLAGS, fc.array(TEXTS, { minLength: 1, maxLength: 6 }), ({ source }, flags, texts) => {
    const ours = new Pattern(source, flags);
    const theirs = new RegExp(source, script(flags));
    for (const text of texts) {
      const match = theirs.exec(text);
      if (isInsidePair(text, match)) continue;
      if (ours.test(Buffer.from(text)) !== (match !== null)) throw new Error(`/${source}/ on ${JSON.stringify(text)}`);
    }
  });
  fc.assert(property, { numRuns: 6000 });
  t.end();
});

t.test('finds the same match with the same groups', (t) => {
  const property = fc.property(patterns(3, true), FLAGS, fc.array(TEXTS, { minLength: 1, maxLength: 6 }), ({ source }, flags, texts) => {
    const ours = new Pattern(source, flags);
    const theirs = new RegExp(source, script(flags));
    for (const text of texts) {
      const found = ours.find(Buffer.from(text));
      const match = theirs.exec(text);
      if (isInsidePair(text, match)) continue;
      const expected = inBytes(text, match);
      if (JSON.stringify(found && [...found]) !== JSON.stringify(expected))
        throw new Error(`/${source}/ on ${JSON.stringify(text)}: ${found?.join()}, not ${expected?.join()}`);
    }
  });
  fc.assert(property, { numRuns: 6000 });
  t.end();
});

t.test('any text as a pattern is taken or refused with its place', (t) => {
  const pieces = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '?',
    '*',
    '+',
    '|',
    '\\',
    '^',
    '$',
    '.',
    '-',
    'a',
    '1',
    ',',
    ':',
    '=',
    '<',
    'x',
    'u',
    'é',
    '😀',
  );
  const property = fc.property(
    fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join('')),
    (source) => {
      try {
        new Pattern(source).test(Buffer.from('a1(é😀'));
      } catch (error) {
        if (!(error instanceof PatternError) || error.position < 1 || error.position > [...source].length + 1) throw error;
      }
    },
  );
  fc.assert(property, { numRuns: 5000 });
  t.end();
});

t.test('what is not supported is named with its place', (t) => {
  const cases: readonly [string, number, RegExp][] = [
    ['a(?=b)', 2, /looking ahead or behind/],
    ['(?<!b)', 1, /looking ahead or behind/],
    ['(a)\\1', 4, /backreferences/],
    ['(?<n>a)\\k<n>', 8, /backreferences/],
    ['a(b', 2, /never closed/],
    ['ab)', 3, /closes nothing/],
    ['x[a-', 2, /never closed/],
    ['[z-a]', 2, /wrong order/],
    ['*a', 1, /nothing before/],
    ['a{3,1}', 2, /wrong order/],
    ['a{1,2000}', 2, /more than 1000/],
    ['(?:a{1000}){9}', 1, /too large/],
    ['a**', 3, /cannot be repeated/],
    ['a++', 3, /possessive/],
    ['(?>a)', 1, /atomic/],
    ['a(?i)b', 2, /very beginning/],
    ['\\q', 1, /no meaning/],
    ['\\pL', 1, /not supported/],
    ['a\\', 2, /backslash at the end/],
    ['[[:alpha:]]', 2, /not supported/],
    ['\\xZZ', 1, /hexadecimal/],
    [`${'('.repeat(500)}`, 201, /within each other/],
  ];
  for (const [source, position, message] of cases) {
    try {
      new Pattern(source);
      t.fail(source);
    } catch (error) {
      t.ok(error instanceof PatternError, source);
      t.match((error as PatternError).message, message, source);
      t.equal((error as PatternError).position, position, source);
    }
  }
  t.end();
});

t.test('flags at the beginning', (t) => {
  t.ok(new Pattern('(?i)select').test(Buffer.from('SELECT')));
  t.notOk(new Pattern('(?-i)select', { ignoreCase: true }).test(Buffer.from('SELECT')));
  t.ok(new Pattern('(?sm-i)^b.c$', { ignoreCase: true }).test(Buffer.from('a\nb\nc')));
  t.notOk(new Pattern('(?-s)b.c', { dotAll: true }).test(Buffer.from('b\nc')));
  t.end();
});

t.test('bytes that are not UTF-8 are characters that . and negated classes take', (t) => {
  const text = Buffer.from([0x61, 0xff, 0xe9, 0x62, 0xc3]);
  t.ok(new Pattern('^a..b.$').test(text));
  t.ok(new Pattern('^a[^a]{2}b[^é]$').test(text));
  t.notOk(new Pattern('é').test(text));
  t.same([...(new Pattern('a(.*)b').find(text) ?? [])], [0, 4, 1, 3]);
  const property = fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => new Pattern('^.*$', { dotAll: true }).test(bytes));
  fc.assert(property, { numRuns: 500 });
  t.end();
});

t.test('only a part of the bytes is the text', (t) => {
  const bytes = Buffer.from('xxSELECT 1;yy');
  t.ok(new Pattern('^SELECT 1$').test(bytes, 2, 10));
  t.same([...(new Pattern('^(\\w+) (.)$').find(bytes, 2, 10) ?? [])], [2, 10, 2, 8, 9, 10]);
  t.end();
});

// 60 s is far more than the second or so it takes; a backtracking engine would not end at all.
t.test('16 MiB of the worst texts', { timeout: 60_000 }, (t) => {
  const size = 16 * 1024 * 1024;
  const as = Buffer.alloc(size, 'a');
  as[size - 1] = 'b'.charCodeAt(0);
  for (const source of [
    '(a+)+$',
    '^(a*)*$',
    '^(a|a)*$',
    '(?:a?){40}a{40}c',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    'x*y',
    '(?:.*,){20}z',
    '\\b(\\w+\\s?)*\\W$',
  ]) {
    const startedMs = performance.now();
    t.notOk(new Pattern(source).test(as), `${source}: ${Math.round(performance.now() - startedMs)} ms`);
  }
  t.end();
});

t.test('the time for groups rises with the length and no faster', { timeout: 60_000 }, (t) => {
  const time = (size: number): number => {
    const text = Buffer.alloc(size, 'a');
    const startedMs = performance.now();
    new Pattern('(a+)+$').find(text);
    return performance.now() - startedMs;
  };
  time(10_000);
  const short = Math.max(1, time(50_000));
  const long = time(800_000);
  // 16 times the text; 100 times the time would still be far from the square.
  t.ok(long < short * 100, `${short.toFixed(1)} ms and ${long.toFixed(1)} ms`);
  t.end();
});

t.test('a table that overflows is made anew', (t) => {
  // 2^13 states, and each must remember the last 13 letters.
  const pattern = new Pattern('[ab]*a[ab]{12}c');
  const letters = Array.from({ length: 200_000 }, (_, index) => ((index * 2654435761) % 4294967296 > 2147483648 ? 'a' : 'b')).join('');
  t.notOk(pattern.test(Buffer.from(letters)));
  t.ok(pattern.test(Buffer.from(`${letters}a${'b'.repeat(12)}c`)));
  t.notOk(pattern.test(Buffer.from(`${letters}b${'b'.repeat(12)}c`)));
  t.end();
});
