import { HELP_HINT, notUnderstood } from './console-error.js';

/** A piece of a console statement. */
export interface Word {
  readonly kind: 'name' | 'string' | 'number' | 'sign';
  /** Without quotes. */
  readonly text: string;
  /** Where it begins in the statement. */
  readonly at: number;
}

const PIECE =
  /\s+|--\s.*|#.*|\/\*[\s\S]*?\*\/|'((?:[^'\\]|''|\\[\s\S])*)'|"((?:[^"\\]|""|\\[\s\S])*)"|`((?:[^`]|``)*)`|(\d+(?:\.\d+)?(?![\w$]))|([\w$@][\w$@-]*)|(<=>|<>|!=|<=|>=|\|\||&&|[-+*/%(),.=<>;!])/y;

/** Cuts a statement. @throws ConsoleError for what is no part of any */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < text.length) {
    const at = PIECE.lastIndex;
    const match = PIECE.exec(text);
    if (match === null) throw notUnderstood(`${JSON.stringify(text.slice(at, at + 20))} is no part of a statement`, HELP_HINT);
    const [, single, double, quoted, number, name, sign] = match;
    const literal = single ?? double;
    if (literal !== undefined) words.push({ kind: 'string', text: unquoted(literal), at });
    else if (quoted !== undefined) words.push({ kind: 'name', text: quoted.replaceAll('``', '`'), at });
    else if (number !== undefined) words.push({ kind: 'number', text: number, at });
    else if (name !== undefined) words.push({ kind: 'name', text: name, at });
    else if (sign !== undefined) words.push({ kind: 'sign', text: sign, at });
  }
  while (words.at(-1)?.text === ';' && words.at(-1)?.kind === 'sign') words.pop();
  return words;
}

function unquoted(text: string): string {
  return text
    .replaceAll("''", "'")
    .replaceAll('""', '"')
    .replaceAll(/\\([\s\S])/g, (_, escaped: string) => ({ n: '\n', t: '\t', r: '\r' })[escaped] ?? escaped);
}

/** Reads words one after the other. */
export class WordReader {
  readonly #words: readonly Word[];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#words = wordsOf(text);
  }

  get next(): Word | undefined {
    return this.#words[this.#at];
  }

  get done(): boolean {
    return this.next === undefined;
  }

  /** The rest of the statement as it was written, without a semicolon. */
  rest(): string {
    const { next } = this;
    this.#at = this.#words.length;
    return next === undefined ? '' : this.#text.slice(next.at).replace(/[;\s]+$/, '');
  }

  /** Takes these words, whatever their case, if they come next. */
  takes(...texts: readonly string[]): boolean {
    const found = texts.every((text, index) => {
      const word = this.#words[this.#at + index];
      return word !== undefined && word.kind !== 'string' && word.text.toUpperCase() === text;
    });
    if (found) this.#at += texts.length;
    return found;
  }

  take(): Word {
    const word = this.next;
    if (word === undefined) throw notUnderstood('the statement ends too early', HELP_HINT);
    this.#at += 1;
    return word;
  }

  /** A name or quoted text. */
  takeName(what: string): string {
    const word = this.take();
    if (word.kind === 'sign') throw notUnderstood(`${what} was expected, not ${word.text}`, HELP_HINT);
    return word.text;
  }

  expect(text: string): void {
    if (!this.takes(text)) throw notUnderstood(`${text} was expected, not ${this.next?.text ?? 'the end'}`, HELP_HINT);
  }

  /** @throws ConsoleError when something is left */
  end(): void {
    if (this.next !== undefined) throw notUnderstood(`"${this.next.text}" is too much here`, HELP_HINT);
  }
}
