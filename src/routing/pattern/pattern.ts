import { Alphabet } from './alphabet.js';
import { Automaton } from './automaton.js';
import { findCaptures } from './captures.js';
import { parsePattern } from './parse-pattern.js';
import type { PatternFlags } from './pattern-node.js';
import { compileProgram, type Program } from './program.js';

/**
 * A regular expression over the bytes of a text, in time linear in its length whatever pattern and text are. Texts are read as UTF-8; a byte
 * that is none counts as a character that only `.` and negated classes take. This folder's README lists the syntax.
 */
export class Pattern {
  readonly source: string;
  /** How many capturing groups it has. */
  readonly groups: number;
  readonly #program: Program;
  readonly #alphabet: Alphabet;
  readonly #automaton: Automaton;

  /** @throws PatternError */
  constructor(source: string, flags: Partial<PatternFlags> = {}) {
    const { node, groups } = parsePattern(source, { ignoreCase: false, dotAll: false, multiline: false, ...flags });
    this.source = source;
    this.groups = groups;
    this.#program = compileProgram(node, groups);
    this.#alphabet = new Alphabet(this.#program);
    this.#automaton = new Automaton(this.#program, this.#alphabet);
  }

  /** Whether it matches somewhere in `bytes[start..end)`, which is taken as a whole text. */
  test(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    return this.#automaton.test(bytes, start, end);
  }

  /**
   * The leftmost match: offsets [start, end, start of group 1, end of group 1, ...], -1 for groups that took no part. Slower than `test` by an
   * order of magnitude.
   */
  find(bytes: Uint8Array, start = 0, end = bytes.length): Int32Array | undefined {
    return this.test(bytes, start, end) ? findCaptures(this.#program, this.#alphabet, bytes, start, end) : undefined;
  }
}
