import { ANY, type CharSet, folded, LINE_ENDS, negated, normalized } from './char-set.js';
import { PatternError } from './pattern-error.js';
import { classEscape, readEscape } from './pattern-escapes.js';
import type { Assertion, PatternFlags, PatternNode } from './pattern-node.js';

/** A pattern read. */
export interface ParsedPattern {
  readonly node: PatternNode;
  readonly groups: number;
}

/** Most turns that `{m,n}` may ask for: they are written out. */
const MAX_REPEAT = 1000;
/** Groups within groups: each costs a level of recursion. */
const MAX_DEPTH = 200;

/**
 * Reads a regular expression. Flags may also stand at its beginning: `(?i)`, `(?-i)`, `(?sm-i)`.
 * @throws PatternError for what is wrong or not supported (whatever cannot be matched in linear time)
 */
export function parsePattern(source: string, flags: PatternFlags): ParsedPattern {
  return new Parser([...source], flags).parse();
}

class Parser {
  readonly #text: readonly string[];
  #flags: PatternFlags;
  #at = 0;
  #groups = 0;
  #depth = 0;

  constructor(text: readonly string[], flags: PatternFlags) {
    this.#text = text;
    this.#flags = flags;
  }

  parse(): ParsedPattern {
    this.#leadingFlags();
    const node = this.#choice();
    if (this.#at < this.#text.length) throw this.#error('this ) closes nothing; write \\) for the character');
    return { node, groups: this.#groups };
  }

  #leadingFlags(): void {
    const match = /^\(\?([ims]*)(?:-([ims]+))?\)/.exec(this.#text.slice(0, 12).join(''));
    if (match === null || match[0].length < 4) return;
    const [whole, on = '', off = ''] = match;
    const flag = (letter: string, now: boolean): boolean => (on.includes(letter) ? true : off.includes(letter) ? false : now);
    const { ignoreCase, multiline, dotAll } = this.#flags;
    this.#flags = { ignoreCase: flag('i', ignoreCase), multiline: flag('m', multiline), dotAll: flag('s', dotAll) };
    this.#at = whole.length;
  }

  #error(what: string, at = this.#at): PatternError {
    return new PatternError(at + 1, what);
  }

  #choice(): PatternNode {
    const choices = [this.#sequence()];
    while (this.#text[this.#at] === '|') {
      this.#at++;
      choices.push(this.#sequence());
    }
    return choices.length === 1 ? (choices[0] as PatternNode) : { kind: 'choice', choices };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    for (let next = this.#text[this.#at]; next !== undefined && next !== '|' && next !== ')'; next = this.#text[this.#at]) {
      const firstGroup = this.#groups + 1;
      parts.push(this.#quantified(this.#atom(next), firstGroup));
    }
    if (parts.length === 0) return { kind: 'empty' };
    return parts.length === 1 ? (parts[0] as PatternNode) : { kind: 'sequence', parts };
  }

  #atom(first: string): PatternNode {
    switch (first) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#class() };
      case '.':
        this.#at++;
        return { kind: 'set', set: this.#flags.dotAll ? ANY : negated(LINE_ENDS) };
      case '^':
        return this.#assertion(this.#flags.multiline ? 'line-start' : 'text-start');
      case '$':
        return this.#assertion(this.#flags.multiline ? 'line-end' : 'text-end');
      case '*':
      case '+':
      case '?':
        throw this.#error(`there is nothing before ${first} to repeat; write \\${first} for the character`);
      case '\\':
        return this.#escaped();
      default:
        if (first === '{' && this.#bounds() !== undefined)
          throw this.#error('there is nothing before {…} to repeat; write \\{ for the character');
        this.#at++;
        return this.#literal(first.codePointAt(0) as number);
    }
  }

  #literal(code: number): PatternNode {
    return { kind: 'set', set: this.#fold([code, code]) };
  }

  #fold(set: CharSet): CharSet {
    return this.#flags.ignoreCase ? folded(set) : set;
  }

  #assertion(assertion: Assertion, length = 1): PatternNode {
    this.#at += length;
    const next = this.#text[this.#at];
    if (next === '*' || next === '+' || next === '?' || (next === '{' && this.#bounds() !== undefined))
      throw this.#error('a place between characters cannot be repeated');
    return { kind: 'assert', assertion };
  }

  #escaped(): PatternNode {
    const next = this.#text[this.#at + 1];
    if (next === 'b' || next === 'B') return this.#assertion(next === 'b' ? 'word-edge' : 'no-word-edge', 2);
    if (next === 'A') return this.#assertion('text-start', 2);
    if (next === 'z') return this.#assertion('text-end', 2);
    const set = classEscape(next);
    if (set !== undefined) {
      this.#at += 2;
      return { kind: 'set', set };
    }
    return this.#literal(this.#character());
  }

  /** One character after a backslash. */
  #character(): number {
    const { code, end } = readEscape(this.#text, this.#at);
    this.#at = end;
    return code;
  }

  #group(): PatternNode {
    const open = this.#at;
    if (++this.#depth > MAX_DEPTH) throw this.#error(`more than ${MAX_DEPTH} groups within each other`);
    this.#at++;
    let group: number | undefined;
    if (this.#text[this.#at] !== '?') group = ++this.#groups;
    else if (this.#groupName()) group = ++this.#groups;
    const node = this.#choice();
    if (this.#text[this.#at] !== ')') throw this.#error('this ( is never closed; write \\( for the character', open);
    this.#at++;
    this.#depth--;
    return group === undefined ? node : { kind: 'capture', group, node };
  }

  /** What follows `(?`. True for a named group; its name serves readers only, it is counted as the others. */
  #groupName(): boolean {
    const rest = this.#text.slice(this.#at, this.#at + 70).join('');
    if (rest.startsWith('?:')) {
      this.#at += 2;
      return false;
    }
    const name = /^\?P?<[A-Za-z_]\w*>/.exec(rest)?.[0];
    if (name !== undefined) {
      this.#at += name.length;
      return true;
    }
    if (/^\?<?[=!]/.test(rest)) throw this.#error('looking ahead or behind, (?=…) (?!…) (?<=…) (?<!…), is not supported', this.#at - 1);
    if (rest.startsWith('?>')) throw this.#error('atomic groups, (?>…), are not supported', this.#at - 1);
    if (/^\?[a-z-]+[:)]/.test(rest)) throw this.#error('flags (i, m, s) are supported only as (?…) at the very beginning', this.#at - 1);
    throw this.#error('(? is followed by something unknown; (?:…) groups without capturing', this.#at - 1);
  }

  #quantified(node: PatternNode, firstGroup: number): PatternNode {
    const at = this.#at;
    const next = this.#text[at];
    let least: number;
    let most: number;
    const bounds = next === '{' ? this.#bounds() : undefined;
    if (next === '*') [least, most] = [0, Number.POSITIVE_INFINITY];
    else if (next === '+') [least, most] = [1, Number.POSITIVE_INFINITY];
    else if (next === '?') [least, most] = [0, 1];
    else if (bounds !== undefined) ({ least, most } = bounds);
    else return node;
    if (least > most) throw this.#error('the bounds of {…} are in the wrong order');
    if (Math.max(least, most === Number.POSITIVE_INFINITY ? 0 : most) > MAX_REPEAT)
      throw this.#error(`more than ${MAX_REPEAT} repetitions`);
    this.#at += bounds?.length ?? 1;
    const lazy = this.#text[this.#at] === '?';
    if (lazy) this.#at++;
    const after = this.#text[this.#at];
    if (after === '+') throw this.#error('possessive repetition is not supported (nothing here backtracks, so leave the + out)');
    if (after === '*' || after === '?' || (after === '{' && this.#bounds() !== undefined))
      throw this.#error('a repetition cannot be repeated; put it into (?:…)');
    return { kind: 'repeat', node, least, most, lazy, firstGroup, lastGroup: this.#groups };
  }

  /** `{m}`, `{m,}` or `{m,n}` at the present place; any other brace is a character. */
  #bounds(): { least: number; most: number; length: number } | undefined {
    const match = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#text.slice(this.#at, this.#at + 24).join(''));
    if (match === null) return undefined;
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    return { least, most, length: match[0].length };
  }

  #class(): CharSet {
    const open = this.#at;
    this.#at++;
    const isNegated = this.#text[this.#at] === '^';
    if (isNegated) this.#at++;
    if (this.#text[this.#at] === ']') throw this.#error('an empty class; write \\] for the character');
    const ranges: number[] = [];
    while (this.#text[this.#at] !== ']') {
      if (this.#at >= this.#text.length) throw this.#error('this [ is never closed; write \\[ for the character', open);
      this.#classItem(ranges);
    }
    this.#at++;
    const set = this.#fold(normalized(ranges));
    return isNegated ? negated(set) : set;
  }

  #classItem(ranges: number[]): void {
    const start = this.#at;
    const from = this.#classMember(ranges);
    if (this.#text[this.#at] !== '-' || this.#text[this.#at + 1] === ']' || this.#text[this.#at + 1] === undefined) {
      if (from !== undefined) ranges.push(from, from);
      return;
    }
    this.#at++;
    const to = this.#classMember(ranges);
    if (from === undefined || to === undefined)
      throw this.#error('a class such as \\d cannot be the end of a range; write \\- for the character', start);
    if (from > to) throw this.#error('the ends of this range are in the wrong order', start);
    ranges.push(from, to);
  }

  /** The next character of a class; undefined when it was a class of its own, which has been added. */
  #classMember(ranges: number[]): number | undefined {
    const first = this.#text[this.#at] as string;
    if (first === '[' && /[:.=]/.test(this.#text[this.#at + 1] ?? ''))
      throw this.#error('[:name:] is not supported; write \\d, \\w, \\s or ranges, and \\[ for the character');
    if (first !== '\\') {
      this.#at++;
      return first.codePointAt(0);
    }
    const next = this.#text[this.#at + 1];
    const set = classEscape(next);
    if (set !== undefined) {
      this.#at += 2;
      ranges.push(...set);
      return undefined;
    }
    if (next === 'b') {
      this.#at += 2;
      return 8;
    }
    return this.#character();
  }
}
