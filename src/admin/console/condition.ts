import { ConsoleError, HELP_HINT, notUnderstood } from './console-error.js';
import type { Value } from './result.js';
import type { WordReader } from './words.js';

/** A row by column, in lower case. */
export type Row = ReadonlyMap<string, Value>;
/** A condition or value of a row. True and false are 1 and 0, unknown is null, as in SQL. */
export type Expression = (row: Row) => Value;

/** How deep parentheses and NOT may nest. */
const DEEPEST = 200;

/** Reads conditions as WHERE has them: comparisons, LIKE, IN, BETWEEN, IS NULL, AND, OR, NOT, parentheses. */
export class ConditionReader {
  readonly #words: WordReader;
  readonly #columns: ReadonlySet<string>;
  #depth = 0;

  /** @param columns names there are, in lower case */
  constructor(words: WordReader, columns: ReadonlySet<string>) {
    this.#words = words;
    this.#columns = columns;
  }

  read(): Expression {
    let left = this.#and();
    while (this.#words.takes('OR') || this.#words.takes('||')) {
      const [one, other] = [left, this.#and()];
      left = (row) => (truth(one(row)) === 1 || truth(other(row)) === 1 ? 1 : one(row) === null || other(row) === null ? null : 0);
    }
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#words.takes('AND') || this.#words.takes('&&')) {
      const [one, other] = [left, this.#not()];
      left = (row) => (truth(one(row)) === 0 || truth(other(row)) === 0 ? 0 : one(row) === null || other(row) === null ? null : 1);
    }
    return left;
  }

  #not(): Expression {
    if (!this.#words.takes('NOT') && !this.#words.takes('!')) return this.#comparison();
    const inner = this.#deeper(() => this.#not());
    return (row) => negated(inner(row));
  }

  #comparison(): Expression {
    const left = this.value();
    if (this.#words.takes('IS')) {
      const not = this.#words.takes('NOT');
      this.#words.expect('NULL');
      return (row) => ((left(row) === null) !== not ? 1 : 0);
    }
    const not = this.#words.takes('NOT');
    const turned = (test: Expression): Expression => (not ? (row) => negated(test(row)) : test);
    if (this.#words.takes('LIKE')) {
      const pattern = this.value();
      return turned((row) => like(left(row), pattern(row)));
    }
    if (this.#words.takes('IN')) {
      const list = this.#list();
      return turned((row) =>
        inList(
          left(row),
          list.map((one) => one(row)),
        ),
      );
    }
    if (this.#words.takes('BETWEEN')) {
      const low = this.value();
      this.#words.expect('AND');
      const high = this.value();
      return turned((row) => between(left(row), low(row), high(row)));
    }
    if (not) throw notUnderstood('behind NOT comes LIKE, IN or BETWEEN', HELP_HINT);
    for (const [sign, test] of Object.entries(COMPARISONS)) {
      if (!this.#words.takes(sign)) continue;
      const right = this.value();
      return (row) => {
        const order = compare(left(row), right(row));
        return order === undefined ? null : test(order) ? 1 : 0;
      };
    }
    return left;
  }

  #list(): Expression[] {
    this.#words.expect('(');
    const list = [this.value()];
    while (this.#words.takes(',')) list.push(this.value());
    this.#words.expect(')');
    return list;
  }

  /** A column, a literal, or a condition in parentheses. */
  value(): Expression {
    if (this.#words.takes('(')) {
      const inner = this.#deeper(() => this.read());
      this.#words.expect(')');
      return inner;
    }
    const minus = this.#words.takes('-');
    const word = this.#words.take();
    if (word.kind === 'number') return constant(minus ? -Number(word.text) : Number(word.text));
    if (word.kind === 'string') return constant(word.text);
    if (word.kind === 'sign') throw notUnderstood(`a column or a value was expected, not ${word.text}`, HELP_HINT);
    if (/^(NULL|TRUE|FALSE)$/i.test(word.text))
      return constant(word.text.toUpperCase() === 'NULL' ? null : word.text.toUpperCase() === 'TRUE' ? 1 : 0);
    const name = (this.#words.takes('.') ? this.#words.takeName('a column') : word.text).toLowerCase();
    if (!this.#columns.has(name)) {
      throw new ConsoleError(1054, '42S22', `Unknown column '${name}'; there are ${[...this.#columns].join(', ')}`);
    }
    return (row) => row.get(name) ?? null;
  }

  #deeper(read: () => Expression): Expression {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw notUnderstood('the condition is nested too deep', HELP_HINT);
    const found = read();
    this.#depth -= 1;
    return found;
  }
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '!=': (order) => order !== 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
};

function constant(value: Value): Expression {
  return () => value;
}

/** Whether a row with this value is met. */
export function truth(value: Value): 0 | 1 | null {
  if (value === null) return null;
  return Number.parseFloat(String(value)) ? 1 : 0;
}

function negated(value: Value): Value {
  const known = truth(value);
  return known === null ? null : 1 - known;
}

/** As numbers where both are, else as text whose case does not count. Undefined: one is NULL. */
export function compare(one: Value, other: Value): number | undefined {
  if (one === null || other === null) return undefined;
  const [left, right] = [Number(one), Number(other)];
  if (one !== '' && other !== '' && !Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  const [a, b] = [String(one).toLowerCase(), String(other).toLowerCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}

function inList(value: Value, list: readonly Value[]): Value {
  if (value === null) return null;
  if (list.some((one) => compare(value, one) === 0)) return 1;
  return list.includes(null) ? null : 0;
}

function between(value: Value, low: Value, high: Value): Value {
  const [above, below] = [compare(value, low), compare(value, high)];
  return above === undefined || below === undefined ? null : above >= 0 && below <= 0 ? 1 : 0;
}

/** `%` any text, `_` one character, `\` takes the next as it is. Linear in both texts but for the last `%`. */
export function like(value: Value, pattern: Value): Value {
  if (value === null || pattern === null) return null;
  const text = [...String(value).toLowerCase()];
  const parts: { readonly text: string; readonly wild: '%' | '_' | '' }[] = [];
  const signs = [...String(pattern).toLowerCase()];
  for (let i = 0; i < signs.length; i += 1) {
    const sign = signs[i] ?? '';
    if (sign === '\\' && i + 1 < signs.length) parts.push({ text: signs[++i] ?? '', wild: '' });
    else parts.push({ text: sign, wild: sign === '%' || sign === '_' ? sign : '' });
  }
  let [at, part, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    const now = parts[part];
    if (now !== undefined && now.wild !== '%' && (now.wild === '_' || now.text === text[at])) {
      at += 1;
      part += 1;
    } else if (now?.wild === '%') {
      star = part;
      mark = at;
      part += 1;
    } else if (star >= 0) {
      part = star + 1;
      mark += 1;
      at = mark;
    } else return 0;
  }
  while (parts[part]?.wild === '%') part += 1;
  return part === parts.length ? 1 : 0;
}
