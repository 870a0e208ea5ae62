import { type Alphabet, Beside, characterAt, characterLength } from './alphabet.js';
import { contains } from './char-set.js';
import { holds } from './holds.js';
import type { Program } from './program.js';

/** A state that has been met: steps at which it stands, before one more character, and what was before that. */
interface State {
  readonly steps: readonly number[];
  readonly before: number;
}

/** Entries of the table of transitions; when it is full it is emptied and made anew. 4 bytes each. */
const MAX_ENTRIES = 1 << 18;

const UNKNOWN = 0;
const MATCHED = -1;
const DEAD = -2;

/**
 * Says whether a program matches somewhere, one table look-up per character. The table's rows are made when they are first needed and are
 * bounded, so that the worst text costs what stepping through the program costs: linear in the text, never more than the program's size
 * per character.
 */
export class Automaton {
  readonly #program: Program;
  readonly #alphabet: Alphabet;
  readonly #width: number;
  /** With a match only at the text's beginning there is no need to begin anywhere else. */
  readonly #anchored: boolean;
  /** What stood before a place matters. */
  readonly #contextual: boolean;
  readonly #maxStates: number;
  readonly #seen: Uint32Array;
  #mark = 0;
  readonly #stack: number[] = [];
  #numbers = new Map<string, number>();
  #states: State[] = [];
  #table = new Int32Array(0);

  constructor(program: Program, alphabet: Alphabet) {
    this.#program = program;
    this.#alphabet = alphabet;
    this.#width = alphabet.size + 1;
    this.#seen = new Uint32Array(program.steps.length);
    this.#maxStates = Math.max(16, Math.floor(MAX_ENTRIES / this.#width));
    this.#contextual = program.steps.some(
      (step) => step.op === 'assert' && step.assertion !== 'text-start' && step.assertion !== 'text-end',
    );
    const elsewhere: number[] = [];
    const kinds = [Beside.other, Beside.word, Beside.line] as const;
    this.#anchored = kinds.every((before) =>
      [...kinds, Beside.edge].every((after) => !this.#open([0], before, after, elsewhere) && elsewhere.length === 0),
    );
    this.#forget();
  }

  test(bytes: Uint8Array, start: number, end: number): boolean {
    const { ascii } = this.#alphabet;
    const width = this.#width;
    let state = this.#number({ steps: [0], before: Beside.edge });
    let at = start;
    while (at < end) {
      let kind = bytes[at] as number;
      if (kind < 0x80) {
        kind = ascii[kind] as number;
        at++;
      } else {
        const character = characterAt(bytes, at, end);
        at += characterLength(character);
        kind = this.#alphabet.classOf(character);
      }
      let next = this.#table[state * width + kind] as number;
      if (next <= 0) {
        if (next === UNKNOWN) next = this.#step(state, kind);
        if (next === MATCHED) return true;
        if (next === DEAD) return false;
      }
      state = next;
    }
    const last = this.#table[state * width + width - 1] as number;
    return (last === UNKNOWN ? this.#step(state, width - 1) : last) === MATCHED;
  }

  /** How many states are kept now. */
  get states(): number {
    return this.#states.length - 1;
  }

  #forget(): void {
    this.#numbers = new Map();
    // Number 0 would look like "unknown".
    this.#states = [{ steps: [], before: 0 }];
    this.#table = new Int32Array(16 * this.#width);
  }

  #number(state: State): number {
    const key = `${state.before}:${state.steps.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#states.length >= this.#maxStates) this.#forget();
    const number = this.#states.push(state) - 1;
    this.#numbers.set(key, number);
    if ((number + 1) * this.#width > this.#table.length) {
      const larger = new Int32Array(this.#table.length * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    return number;
  }

  #step(from: number, kind: number): number {
    const next = this.#next(this.#states[from] as State, kind);
    if (typeof next === 'number') {
      this.#table[from * this.#width + kind] = next;
      return next;
    }
    const states = this.#states;
    const number = this.#number(next);
    // Not where the table has just been emptied: `from` is another state there.
    if (states === this.#states) this.#table[from * this.#width + kind] = number;
    return number;
  }

  #next({ steps, before }: State, kind: number): State | typeof MATCHED | typeof DEAD {
    const isEnd = kind === this.#width - 1;
    const waiting: number[] = [];
    if (this.#open(steps, before, isEnd ? Beside.edge : (this.#alphabet.beside[kind] as number), waiting)) return MATCHED;
    if (isEnd) return DEAD;
    const example = this.#alphabet.example[kind] as number;
    const reached: number[] = [];
    for (const at of waiting) {
      const step = this.#program.steps[at];
      if (step?.op === 'set' && contains(step.set, example)) reached.push(at + 1);
    }
    if (!this.#anchored) reached.push(0);
    if (reached.length === 0) return DEAD;
    reached.sort((a, b) => a - b);
    return { steps: reached, before: this.#contextual ? (this.#alphabet.beside[kind] as number) : Beside.other };
  }

  /** Follows everything that needs no character; true when that reaches the match. `waiting` gets the steps that want a character. */
  #open(from: readonly number[], before: number, after: number, waiting: number[]): boolean {
    this.#mark++;
    const { steps } = this.#program;
    const stack = this.#stack;
    stack.length = 0;
    for (const at of from) stack.push(at);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.#seen[at] === this.#mark) continue;
      this.#seen[at] = this.#mark;
      const step = steps[at];
      if (step === undefined || step.op === 'match') return true;
      if (step.op === 'set') waiting.push(at);
      else if (step.op === 'split') stack.push(step.to, step.other);
      else if (step.op === 'jump') stack.push(step.to);
      else if (step.op !== 'assert' || holds(step.assertion, before, after)) stack.push(at + 1);
    }
    return false;
  }
}
