import { RevisedMap } from './revised-map.js';
import { isPlainName } from './user-values.js';

/** More than that is not read back; what is above stays unknown, which pins the session. */
const MOST_UNREAD = 64;
/** Of all values together, as SQL text: twice the bytes. */
const MOST_TEXT = 2 * 1024 * 1024;

/** Literals that mean the same value and type wherever they are set again: integers, exact decimals, doubles, and bytes. */
const EXACT = /^(?:[-+]?\d{1,18}|[-+]?\d{1,30}\.\d{1,20}|[-+]?\d+(?:\.\d+)?e[-+]?\d{1,3}|[xX]'[0-9a-fA-F]+'|0x[0-9a-fA-F]+|true|false)$/i;

/** Strings that mean the same whatever the sql_mode; their character set is that of the session when they were set. */
const PLAIN_STRING = /^'[ -!#-&(-[\]-~]*'$/;

/** A session's user variables: the names that are known, and their values as SQL, as far as those are known. Names in lower case. */
export class UserVariables {
  /** Value: what stands behind `@name=`; undefined when that is not known. */
  readonly values = new RevisedMap<string | undefined>();
  /** Those whose value has to be read from the server, because the text of a statement does not tell it, or not exactly. */
  readonly unread = new Set<string>();
  #text = 0;

  /** The client has set it. True when its value has to be read back. */
  assigned(name: string, literal: string | undefined, revision: number): boolean {
    if (literal !== undefined && EXACT.test(literal)) {
      this.#set(name, literal, revision);
      this.unread.delete(name);
      return false;
    }
    // Good enough for a server that dies before it can be asked.
    this.#set(name, literal !== undefined && PLAIN_STRING.test(literal) ? literal : undefined, revision);
    return this.#toRead(name);
  }

  /** Any of them may have another value by now: code that we have not seen has run. */
  doubted(revision: number): void {
    for (const [name] of [...this.values]) this.assigned(name, undefined, revision);
  }

  /** Its value as the server told it; undefined: it cannot be had. */
  read(name: string, value: string | undefined, revision: number): void {
    this.unread.delete(name);
    this.#set(name, value, revision);
  }

  /** The server has no such variable. */
  neverSet(name: string): void {
    this.unread.delete(name);
    this.#text -= this.values.get(name)?.length ?? 0;
    this.values.delete(name);
  }

  /** A name that was not known before. */
  found(name: string, revision: number): void {
    if (!this.values.has(name)) this.assigned(name, undefined, revision);
  }

  /** Names of those whose value is not known. */
  *unknown(): IterableIterator<string> {
    for (const [name, value] of this.values) if (value === undefined) yield name;
  }

  /** What is not known died with its server. */
  forgetUnknown(): void {
    for (const name of [...this.unknown()]) this.values.delete(name);
    this.unread.clear();
  }

  clear(): void {
    this.values.clear();
    this.unread.clear();
    this.#text = 0;
  }

  #toRead(name: string): boolean {
    if (!isPlainName(name) || this.unread.size >= MOST_UNREAD) return false;
    this.unread.add(name);
    return true;
  }

  #set(name: string, value: string | undefined, revision: number): void {
    this.#text += (value?.length ?? 0) - (this.values.get(name)?.length ?? 0);
    const fits = this.#text <= MOST_TEXT;
    if (!fits) this.#text -= value?.length ?? 0;
    this.values.set(name, fits ? value : undefined, revision);
  }
}
