/** How a cell is meant: it becomes a colour where there are any. */
export type Tone = 'good' | 'bad' | 'doubtful' | 'weak' | 'strong';
export type Cell = string | { readonly text: string; readonly tone: Tone };

const CODES: Readonly<Record<Tone, number>> = { good: 32, bad: 31, doubtful: 33, weak: 2, strong: 1 };

/** `text` in the colour of `tone`. */
export function toned(text: string, tone: Tone, colour: boolean): string {
  return colour ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text;
}

/**
 * Rows under a head, columns as wide as their widest cell. Control characters of cells are dropped: some come from servers.
 * @param colour whether cells may be coloured (`Terminal.colour`)
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], colour = false): string {
  const strong = head.map((text): Cell => ({ text, tone: 'weak' }));
  const all = [strong, ...rows].map((row) => row.map(clean));
  const widths = head.map((_, column) => Math.max(...all.map((row) => textOf(row[column]).length)));
  return all.map((row) => `${line(row, widths, colour)}\n`).join('');
}

function line(row: readonly Cell[], widths: readonly number[], colour: boolean): string {
  let last = row.length - 1;
  while (last >= 0 && textOf(row[last]) === '') last -= 1;
  const cells = row.slice(0, last + 1).map((cell, column) => {
    const padding = column === last ? '' : ' '.repeat((widths[column] ?? 0) - textOf(cell).length);
    return typeof cell === 'string' ? cell + padding : toned(cell.text, cell.tone, colour) + padding;
  });
  return cells.join('  ').trimEnd();
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '');
}

function clean(cell: Cell): Cell {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
  const text = textOf(cell).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  return typeof cell === 'string' ? text : { text, tone: cell.tone };
}
