import type { Pattern } from '../pattern/pattern.js';
import type { StatementText } from './statement-text.js';

/** A text to put in, or the number of a group; 0 is the whole match. */
type Piece = Buffer | number;

/** What stands in the place of a match. */
export class Rewrite {
  readonly #pieces: readonly Piece[];
  readonly #pattern: Pattern;

  /**
   * @param template `$1` to `$99`, `$&` (the whole match), `$$`
   * @throws RangeError for a group that the pattern has not
   */
  constructor(template: string, pattern: Pattern) {
    this.#pattern = pattern;
    this.#pieces = piecesOf(template, pattern.groups);
  }

  /** The text with its first match replaced; undefined when there is none. */
  apply(text: StatementText): Buffer | undefined {
    const { sql } = text;
    const found = this.#pattern.find(sql, ...text.bounds);
    if (found === undefined) return undefined;
    const parts = this.#pieces.map((piece) => {
      if (typeof piece !== 'number') return piece;
      const start = found[piece * 2] as number;
      return start < 0 ? sql.subarray(0, 0) : sql.subarray(start, found[piece * 2 + 1]);
    });
    return Buffer.concat([sql.subarray(0, found[0]), ...parts, sql.subarray(found[1])]);
  }
}

function piecesOf(template: string, groups: number): Piece[] {
  const pieces: Piece[] = [];
  const dollar = /\$(\$|&|\d{1,2})/g;
  let from = 0;
  const put = (to: number): void => {
    if (to > from) pieces.push(Buffer.from(template.slice(from, to)));
  };
  for (let match = dollar.exec(template); match !== null; match = dollar.exec(template)) {
    const [whole, sign = ''] = match;
    put(match.index);
    from = match.index + whole.length;
    if (sign === '$') pieces.push(Buffer.from('$'));
    else if (sign === '&') pieces.push(0);
    else {
      // `$12` is group 12 where there is one, else group 1 and a 2.
      const number = Number(sign) > groups ? Number(sign.slice(0, 1)) : Number(sign);
      if (number === 0 || number > groups)
        throw new RangeError(`${whole} names a group that the pattern has not; it has ${groups === 0 ? 'none' : groups}`);
      pieces.push(number);
      if (String(number).length < sign.length) from -= sign.length - String(number).length;
    }
  }
  put(template.length);
  return pieces;
}
