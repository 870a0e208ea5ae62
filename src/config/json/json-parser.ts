import type { JsonNode, Member, Place } from './node.js';

/** Deeper nesting than this is refused; a configuration needs six levels. */
const MAX_DEPTH = 32;

/** Text that is not JSON (with comments). */
export class JsonSyntaxError extends Error {
  readonly code = 'PM_CONFIG_SYNTAX';
  readonly place: Place;

  constructor(place: Place, message: string) {
    super(message);
    this.name = 'JsonSyntaxError';
    this.place = place;
  }
}

/**
 * Reads JSON (RFC 8259) with line and block comments into nodes that keep their places.
 * Messages never quote the text: the line at fault may hold a password.
 * @throws JsonSyntaxError at the first mistake, with a way out.
 */
export function parseJson(text: string, source: string): JsonNode {
  const parser = new JsonParser(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, source);
  return parser.document();
}

class JsonParser {
  readonly #text: string;
  readonly #source: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #depth = 0;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  document(): JsonNode {
    this.#skipBlank();
    if (this.#at >= this.#text.length) this.#fail('the file is empty; write at least { "clusters": { … } }');
    const node = this.#value();
    this.#skipBlank();
    if (this.#at < this.#text.length) this.#fail('something follows the end of the configuration; is there a } too many above?');
    return node;
  }

  #place(): Place {
    return { source: this.#source, line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #fail(message: string, place: Place = this.#place()): never {
    throw new JsonSyntaxError(place, message);
  }

  #skipBlank(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === '\n') {
        this.#at++;
        this.#line++;
        this.#lineStart = this.#at;
      } else if (char === ' ' || char === '\t' || char === '\r') this.#at++;
      else if (char === '/' && this.#text[this.#at + 1] === '/') this.#skipLine();
      else if (char === '/' && this.#text[this.#at + 1] === '*') this.#skipBlock();
      else return;
    }
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #skipBlock(): void {
    const start = this.#place();
    const end = this.#text.indexOf('*/', this.#at + 2);
    if (end < 0) this.#fail('this comment never ends; close it with */', start);
    for (let at = this.#text.indexOf('\n', this.#at); at >= 0 && at < end; at = this.#text.indexOf('\n', at + 1)) {
      this.#line++;
      this.#lineStart = at + 1;
    }
    this.#at = end + 2;
  }

  #value(): JsonNode {
    const char = this.#text[this.#at];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    const place = this.#place();
    if (char === '"') return { kind: 'string', place, value: this.#string(), referenced: false };
    return this.#word(place);
  }

  #word(place: Place): JsonNode {
    const word = /[-+.\w]*/y;
    word.lastIndex = this.#at;
    const found = word.exec(this.#text)?.[0] ?? '';
    if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(found)) {
      this.#at += found.length;
      return { kind: 'number', place, value: Number(found) };
    }
    if (found === 'true' || found === 'false' || found === 'null') {
      this.#at += found.length;
      return found === 'null' ? { kind: 'null', place } : { kind: 'boolean', place, value: found === 'true' };
    }
    if (this.#at >= this.#text.length) this.#fail('the file ends where a value should stand; is a } or ] missing?');
    if (this.#text[this.#at] === "'") this.#fail('text stands in double quotes here, not in single ones');
    return this.#fail('a value must stand here: text in double quotes, a number, true, false, {…} or […]');
  }

  #object(): JsonNode {
    const place = this.#open();
    const members = new Map<string, Member>();
    while (this.#next('}', members.size === 0)) {
      const keyPlace = this.#place();
      if (this.#text[this.#at] !== '"') this.#fail('the name of a key must stand here, in double quotes');
      const key = this.#string();
      if (members.has(key)) this.#fail(`the key "${key}" stands twice in this object; keep one`, keyPlace);
      this.#skipBlank();
      if (this.#text[this.#at] !== ':') this.#fail(`a colon must follow the key "${key}"`);
      this.#at++;
      this.#skipBlank();
      members.set(key, { place: keyPlace, value: this.#value() });
    }
    this.#depth--;
    return { kind: 'object', place, members };
  }

  #array(): JsonNode {
    const place = this.#open();
    const elements: JsonNode[] = [];
    while (this.#next(']', elements.length === 0)) elements.push(this.#value());
    this.#depth--;
    return { kind: 'array', place, elements };
  }

  #open(): Place {
    const place = this.#place();
    if (++this.#depth > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH} levels`);
    this.#at++;
    return place;
  }

  /** Steps to the next member or element; false once `close` has been passed. */
  #next(close: '}' | ']', first: boolean): boolean {
    this.#skipBlank();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return false;
    }
    if (first) return true;
    if (this.#at >= this.#text.length) this.#fail(`the file ends here; a ${close} is missing`);
    if (this.#text[this.#at] !== ',') this.#fail(`a comma or ${close} must stand here; is a comma missing on the line before?`);
    const comma = this.#place();
    this.#at++;
    this.#skipBlank();
    if (this.#text[this.#at] === close) this.#fail(`the comma before ${close} is one too many`, comma);
    return true;
  }

  #string(): string {
    const start = this.#place();
    const end = stringEnd(this.#text, this.#at);
    if (end < 0) this.#fail('this text is not closed; its second double quote is missing on this line', start);
    const quoted = this.#text.slice(this.#at, end);
    this.#at = end;
    try {
      return JSON.parse(quoted) as string;
    } catch {
      return this.#fail('a backslash in text must be written twice (\\\\), and control characters as \\t or \\u0000', start);
    }
  }
}

/** Offset behind the closing quote of the string that begins at `at`, -1 when its line ends first. */
function stringEnd(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index++) {
    const char = text[index];
    if (char === '\\') index++;
    else if (char === '"') return index + 1;
    else if (char === '\n') return -1;
  }
  return -1;
}
