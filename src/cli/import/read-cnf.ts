import { ImportError, type ProxySqlConfig, type Row } from './proxysql-tables.js';

/** A value of a libconfig file: https://hyperrealm.github.io/libconfig/libconfig_manual.html#Configuration-Files */
type Value = string | readonly Value[] | { readonly [name: string]: Value };

const TOKEN =
  /\s+|#.*|\/\/.*|\/\*[\s\S]*?\*\/|("(?:[^"\\]|\\[\s\S])*")|([A-Za-z*][\w*-]*)|([-+]?(?:0x[\da-fA-F]+|[\d.]+(?:[eE][-+]?\d+)?)L{0,2})|([=:;,(){}[\]])/y;

interface Token {
  readonly text: string;
  readonly kind: 'string' | 'name' | 'number' | 'sign';
  readonly line: number;
}

/** Reads a proxysql.cnf. @throws ImportError with the line */
export function readCnf(text: string): ProxySqlConfig {
  const reader = new Reader(tokensOf(text));
  const settings = reader.settings(undefined);
  const tables: Record<string, Row[]> = {};
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (Array.isArray(value)) tables[name] = value.filter((row): row is { [name: string]: Value } => isGroup(row)).map(rowOf);
    else if (isGroup(value)) {
      const prefix = name.replace(/_variables$/, '');
      for (const [key, member] of Object.entries(value)) variables[`${prefix}-${key}`] = String(member);
    }
  }
  return { tables, variables };
}

function isGroup(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && !Array.isArray(value);
}

function rowOf(group: { readonly [name: string]: Value }): Row {
  return Object.fromEntries(Object.entries(group).map(([name, value]) => [name, String(value)]));
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new ImportError(`line ${line}: ${JSON.stringify(text.slice(at, at + 20))} is no part of a proxysql.cnf`);
    const [whole, quoted, name, number, sign] = match;
    if (quoted !== undefined) {
      const plain = quoted.slice(1, -1).replaceAll(/\\([\s\S])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
      const before = tokens.at(-1);
      // Strings side by side are one.
      if (before?.kind === 'string') tokens[tokens.length - 1] = { ...before, text: before.text + plain };
      else tokens.push({ text: plain, kind: 'string', line });
    } else if (name !== undefined) tokens.push({ text: name, kind: 'name', line });
    else if (number !== undefined) tokens.push({ text: number.replace(/L+$/, ''), kind: 'number', line });
    else if (sign !== undefined) tokens.push({ text: sign, kind: 'sign', line });
    line += whole.split('\n').length - 1;
  }
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** `name = value` again and again, up to `end`. */
  settings(end: string | undefined): { [name: string]: Value } {
    const found: { [name: string]: Value } = {};
    for (;;) {
      const token = this.#next();
      if (token === undefined) {
        if (end !== undefined) throw new ImportError(`a ${end} is missing at the end of the file`);
        return found;
      }
      if (token.kind === 'sign' && token.text === end) return found;
      if (token.kind === 'sign' && (token.text === ';' || token.text === ',')) continue;
      if (token.kind !== 'name') throw new ImportError(`line ${token.line}: a name was expected, not ${token.text}`);
      this.#expect(['=', ':']);
      found[token.text] = this.#value();
    }
  }

  #value(): Value {
    const token = this.#next();
    if (token === undefined) throw new ImportError('a value is missing at the end of the file');
    if (token.kind !== 'sign') return token.kind === 'name' ? (BOOLEANS[token.text.toLowerCase()] ?? token.text) : token.text;
    if (token.text === '{') return this.settings('}');
    if (token.text === '(') return this.#list(')');
    if (token.text === '[') return this.#list(']');
    throw new ImportError(`line ${token.line}: a value was expected, not ${token.text}`);
  }

  #list(end: string): Value[] {
    const found: Value[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined) throw new ImportError(`a ${end} is missing at the end of the file`);
      if (token.kind === 'sign' && (token.text === end || token.text === ',')) {
        this.#at += 1;
        if (token.text === end) return found;
      } else found.push(this.#value());
    }
  }

  #expect(signs: readonly string[]): void {
    const token = this.#next();
    if (token === undefined || !signs.includes(token.text)) {
      throw new ImportError(`line ${token?.line ?? 'last'}: ${signs[0]} was expected, not ${token?.text ?? 'the end'}`);
    }
  }

  #next(): Token | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    return token;
  }
}

const BOOLEANS: Readonly<Record<string, string>> = { true: '1', false: '0' };
