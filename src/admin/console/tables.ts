import type { ConsoleDesk } from './console-desk.js';
import { ConsoleError } from './console-error.js';
import type { ConsoleTable } from './console-table.js';
import type { ResultTable } from './result.js';
import { OWN_TABLES } from './tables/own-tables.js';
import { PROXYSQL_TABLES } from './tables/proxysql-tables.js';

/** Every table there is. */
export const TABLES: readonly ConsoleTable[] = [...OWN_TABLES, ...PROXYSQL_TABLES];

/** A table by its name, case does not count. @throws ConsoleError 1146 with the names there are */
export function tableNamed(name: string): ConsoleTable {
  const found = TABLES.find((table) => table.name === name.toLowerCase());
  if (found !== undefined) return found;
  throw new ConsoleError(1146, '42S02', `Table '${name}' doesn't exist; there are ${TABLES.map((table) => table.name).join(', ')}`);
}

/** A whole table. */
export async function readTable(name: string, desk: ConsoleDesk): Promise<ResultTable> {
  const table = tableNamed(name);
  return { columns: table.columns, rows: await table.rows(desk) };
}
