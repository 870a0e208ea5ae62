import { type CharSet, DIGITS, negated, SPACES, WORDS } from './char-set.js';
import { PatternError } from './pattern-error.js';

const CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGITS,
  D: negated(DIGITS),
  w: WORDS,
  W: negated(WORDS),
  s: SPACES,
  S: negated(SPACES),
};

const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, '0': 0 };

/** `\d \w \s` and their opposites by their letter. */
export function classEscape(letter: string | undefined): CharSet | undefined {
  return letter !== undefined && Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined;
}

/**
 * The one character that the escape at `text[at]` (a backslash) stands for.
 * @throws PatternError
 */
export function readEscape(text: readonly string[], at: number): { readonly code: number; readonly end: number } {
  const letter = text[at + 1];
  const fail = (what: string): never => {
    throw new PatternError(at + 1, what);
  };
  if (letter === undefined) return fail('a backslash at the end; write \\\\ for the character');
  if (letter === '0' && /^\d$/.test(text[at + 2] ?? ''))
    return fail('octal escapes are not supported; write \\x and two hexadecimal digits');
  if (Object.hasOwn(CONTROLS, letter)) return { code: CONTROLS[letter] as number, end: at + 2 };
  if (/^[1-9]$/.test(letter) || letter === 'k') return fail(`backreferences such as \\${letter} are not supported`);
  if (letter === 'p' || letter === 'P') return fail(`\\${letter}{…} is not supported; write ranges`);
  if (letter === 'x' || letter === 'u') {
    const rest = text.slice(at + 2, at + 12).join('');
    const digits = (letter === 'x' ? /^([0-9a-fA-F]{2})/ : /^([0-9a-fA-F]{4})|^\{([0-9a-fA-F]{1,6})\}/).exec(rest);
    const code = Number.parseInt(digits?.[1] ?? digits?.[2] ?? '', 16);
    if (digits === null || code > 0x10ffff)
      return fail(letter === 'x' ? '\\x needs two hexadecimal digits' : '\\u needs four hexadecimal digits, or some in {…}');
    return { code, end: at + 2 + digits[0].length };
  }
  if (/^[A-Za-z]$/.test(letter)) return fail(`\\${letter} has no meaning here`);
  return { code: letter.codePointAt(0) as number, end: at + 2 };
}
