import { type Alphabet, Beside, characterAt, characterLength } from './alphabet.js';
import { contains } from './char-set.js';
import { holds } from './holds.js';
import type { Program, Step } from './program.js';

/** Steps at work, in order of preference, each with the places it has noted. */
class Threads {
  readonly steps: Int32Array;
  readonly places: Int32Array;
  readonly #seen: Uint32Array;
  #mark = 0;
  count = 0;

  constructor(length: number, slots: number) {
    this.steps = new Int32Array(length);
    this.places = new Int32Array(length * slots);
    this.#seen = new Uint32Array(length);
  }

  clear(): void {
    this.#mark++;
    this.count = 0;
  }

  /** True the first time. */
  visit(step: number): boolean {
    if (this.#seen[step] === this.#mark) return false;
    this.#seen[step] = this.#mark;
    return true;
  }
}

/**
 * The leftmost match with the places of its groups (a "Pike VM"): all ways at once, in the order in which a backtracking engine would try them,
 * so that the preferred one wins. Linear: at most the program's size of work per character.
 * @returns byte offsets [start, end, start of group 1, end of group 1, ...], -1 for groups without a part; undefined when nothing matches
 */
export function findCaptures(program: Program, alphabet: Alphabet, bytes: Uint8Array, start: number, end: number): Int32Array | undefined {
  return new Search(program, alphabet, bytes, start, end).run();
}

class Search {
  readonly #steps: readonly Step[];
  readonly #slots: number;
  readonly #alphabet: Alphabet;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #places: Int32Array;
  #threads: Threads;
  #next: Threads;
  #found: Int32Array | undefined;
  // Around the present place.
  #at = 0;
  #before = 0;
  #after = 0;

  constructor({ steps, slots }: Program, alphabet: Alphabet, bytes: Uint8Array, start: number, end: number) {
    this.#steps = steps;
    this.#slots = slots;
    this.#alphabet = alphabet;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#places = new Int32Array(slots);
    this.#threads = new Threads(steps.length, slots);
    this.#next = new Threads(steps.length, slots);
  }

  run(): Int32Array | undefined {
    let before: number = Beside.edge;
    this.#threads.clear();
    this.#place(this.#start, before);
    this.#places.fill(-1);
    this.#add(this.#threads, 0);
    for (let at = this.#start; at < this.#end; ) {
      const character = characterAt(this.#bytes, at, this.#end);
      at += characterLength(character);
      before = this.#alphabet.beside[this.#alphabet.classOf(character)] as number;
      this.#place(at, before);
      this.#move(character);
      if (this.#found !== undefined && this.#threads.count === 0) break;
    }
    this.#finish();
    return this.#found;
  }

  #place(at: number, before: number): void {
    this.#at = at;
    this.#before = before;
    if (at >= this.#end) this.#after = Beside.edge;
    else this.#after = this.#alphabet.beside[this.#alphabet.classOf(characterAt(this.#bytes, at, this.#end))] as number;
  }

  /** Takes every thread over one character. */
  #move(character: number): void {
    const threads = this.#threads;
    const next = this.#next;
    next.clear();
    for (let i = 0; i < threads.count; i++) {
      const step = this.#steps[threads.steps[i] as number] as Step;
      const from = i * this.#slots;
      if (step.op === 'match') {
        // Those behind it are less preferred.
        this.#found = threads.places.slice(from, from + this.#slots);
        break;
      }
      if (step.op === 'set' && contains(step.set, character)) {
        this.#places.set(threads.places.subarray(from, from + this.#slots));
        this.#add(next, (threads.steps[i] as number) + 1);
      }
    }
    if (this.#found === undefined) {
      this.#places.fill(-1);
      this.#add(next, 0);
    }
    this.#threads = next;
    this.#next = threads;
  }

  #finish(): void {
    for (let i = 0; i < this.#threads.count; i++) {
      if (this.#steps[this.#threads.steps[i] as number]?.op !== 'match') continue;
      this.#found = this.#threads.places.slice(i * this.#slots, (i + 1) * this.#slots);
      return;
    }
  }

  /** Adds what can be reached without a character; recursion as deep as the program is long. */
  #add(threads: Threads, at: number): void {
    if (!threads.visit(at)) return;
    const step = this.#steps[at] as Step;
    const places = this.#places;
    switch (step.op) {
      case 'jump':
        return this.#add(threads, step.to);
      case 'split':
        this.#add(threads, step.to);
        return this.#add(threads, step.other);
      case 'assert':
        if (holds(step.assertion, this.#before, this.#after)) this.#add(threads, at + 1);
        return;
      case 'save': {
        const old = places[step.slot] as number;
        places[step.slot] = this.#at;
        this.#add(threads, at + 1);
        places[step.slot] = old;
        return;
      }
      case 'forget': {
        const old = places.slice(step.from, step.to + 1);
        places.fill(-1, step.from, step.to + 1);
        this.#add(threads, at + 1);
        places.set(old, step.from);
        return;
      }
      default:
        threads.steps[threads.count] = at;
        threads.places.set(places, threads.count * this.#slots);
        threads.count++;
    }
  }
}
