import { ConditionReader, compare, type Expression, type Row, truth } from './condition.js';
import { ConsoleError, HELP_HINT, notUnderstood } from './console-error.js';
import type { ResultTable, Value } from './result.js';
import type { WordReader } from './words.js';

/** A table with all its rows. */
export type FindTable = (name: string) => Promise<ResultTable>;

interface Item {
  readonly name: string;
  /** Undefined: all columns. */
  readonly value: Expression | undefined;
  readonly count: boolean;
}

/**
 * `SELECT list FROM table [WHERE condition] [ORDER BY column [DESC], ...] [LIMIT n [OFFSET m] | LIMIT m, n]`; the word SELECT is taken already.
 * @throws ConsoleError for what is more than that
 */
export async function runSelect(words: WordReader, find: FindTable): Promise<ResultTable> {
  // The columns are only known once the table is: the list is read when its place in the statement has been found.
  const list = itemsOf(words);
  words.expect('FROM');
  const table = await find(tableName(words));
  const names = new Set(table.columns.map((column) => column.toLowerCase()));
  const items = list.map((read) => read(names));
  const rows = table.rows.map((values) => new Map(table.columns.map((column, index) => [column.toLowerCase(), values[index] ?? null])));
  const met = words.takes('WHERE') ? rows.filter(keeps(new ConditionReader(words, names).read())) : rows;
  if (words.takes('GROUP') || words.takes('HAVING') || words.takes('JOIN')) {
    throw notUnderstood('one table, WHERE, ORDER BY and LIMIT are understood, nothing more', HELP_HINT);
  }
  if (words.takes('ORDER', 'BY')) orderBy(words, names, met, items);
  const [offset, most] = limitOf(words);
  words.end();
  if (items.some(({ count }) => count))
    return { columns: items.map(({ name }) => name), rows: [items.map((item) => (item.count ? met.length : null))] };
  const shown = met.slice(offset, offset + most);
  return {
    columns: items.flatMap((item) => (item.value === undefined ? table.columns : [item.name])),
    rows: shown.map((row) => items.flatMap((item): Value[] => (item.value === undefined ? [...row.values()] : [item.value(row)]))),
  };
}

function keeps(condition: Expression): (row: Row) => boolean {
  return (row) => truth(condition(row)) === 1;
}

type ReadItem = (columns: ReadonlySet<string>) => Item;

function itemsOf(words: WordReader): ReadItem[] {
  const items = [itemOf(words)];
  while (words.takes(',')) items.push(itemOf(words));
  return items;
}

function itemOf(words: WordReader): ReadItem {
  if (words.takes('*')) return () => ({ name: '*', value: undefined, count: false });
  if (words.takes('COUNT', '(', '*', ')')) {
    const name = aliasOf(words) ?? 'COUNT(*)';
    return () => ({ name, value: undefined, count: true });
  }
  const word = words.take();
  if (word.kind === 'sign') throw notUnderstood(`a column was expected, not ${word.text}`, HELP_HINT);
  if (word.kind !== 'name') {
    const value = word.kind === 'number' ? Number(word.text) : word.text;
    const name = aliasOf(words) ?? word.text;
    return () => ({ name, value: () => value, count: false });
  }
  const column = words.takes('.') ? words.takeName('a column') : word.text;
  if (words.takes('(')) throw notUnderstood(`${column}() is not known here`, 'only COUNT(*) is');
  const name = aliasOf(words) ?? column;
  return (columns) => {
    const key = column.toLowerCase();
    if (!columns.has(key)) throw new ConsoleError(1054, '42S22', `Unknown column '${column}'; there are ${[...columns].join(', ')}`);
    return { name, value: (row) => row.get(key) ?? null, count: false };
  };
}

function aliasOf(words: WordReader): string | undefined {
  if (words.takes('AS')) return words.takeName('a name');
  const { next } = words;
  return next !== undefined && next.kind !== 'sign' && next.kind !== 'number' && next.text.toUpperCase() !== 'FROM'
    ? words.take().text
    : undefined;
}

/** `name`, or `schema.name`: there is only one schema. */
export function tableName(words: WordReader): string {
  const first = words.takeName('a table');
  return words.takes('.') ? words.takeName('a table') : first;
}

function orderBy(words: WordReader, columns: ReadonlySet<string>, rows: Row[], items: readonly Item[]): void {
  const keys: { readonly of: Expression; readonly down: boolean }[] = [];
  do {
    const { next } = words;
    const item =
      next?.kind === 'number' ? items[Number(next.text) - 1] : items.find(({ name }) => name.toLowerCase() === next?.text.toLowerCase());
    let of: Expression;
    if (item?.value !== undefined) {
      words.take();
      of = item.value;
    } else of = new ConditionReader(words, columns).value();
    const down = words.takes('DESC');
    if (!down) words.takes('ASC');
    keys.push({ of, down });
  } while (words.takes(','));
  rows.sort((one, other) => {
    for (const { of, down } of keys) {
      const order = ordered(of(one), of(other));
      if (order !== 0) return down ? -order : order;
    }
    return 0;
  });
}

/** NULL comes first, as in MySQL. */
function ordered(one: Value, other: Value): number {
  if (one === null || other === null) return one === other ? 0 : one === null ? -1 : 1;
  return compare(one, other) ?? 0;
}

function limitOf(words: WordReader): readonly [offset: number, most: number] {
  if (!words.takes('LIMIT')) return [0, Number.POSITIVE_INFINITY];
  const first = count(words);
  if (words.takes(',')) return [first, count(words)];
  return words.takes('OFFSET') ? [count(words), first] : [0, first];
}

function count(words: WordReader): number {
  const word = words.take();
  if (word.kind !== 'number' || !Number.isInteger(Number(word.text)))
    throw notUnderstood(`a whole number was expected, not ${word.text}`, HELP_HINT);
  return Number(word.text);
}
