/** Collation ids of the character sets that matter to a lexer (MySQL 8.0 and MariaDB 10.11 `information_schema.COLLATIONS`). */
const RANGES: readonly (readonly [from: number, to: number, charset: string])[] = [
  [1, 1, 'big5'],
  [84, 84, 'big5'],
  [12, 12, 'ujis'],
  [91, 91, 'ujis'],
  [13, 13, 'sjis'],
  [88, 88, 'sjis'],
  [19, 19, 'euckr'],
  [85, 85, 'euckr'],
  [24, 24, 'gb2312'],
  [86, 86, 'gb2312'],
  [28, 28, 'gbk'],
  [87, 87, 'gbk'],
  [95, 96, 'cp932'],
  [97, 98, 'eucjpms'],
  [248, 250, 'gb18030'],
  [33, 33, 'utf8'],
  [76, 76, 'utf8'],
  [83, 83, 'utf8'],
  [192, 223, 'utf8'],
  [45, 46, 'utf8mb4'],
  [224, 247, 'utf8mb4'],
  [255, 323, 'utf8mb4'],
];

/** Character set of a handshake's collation id; `latin1` stands for every other one-byte set. */
export function charsetOfCollation(id: number): string {
  return RANGES.find(([from, to]) => id >= from && id <= to)?.[2] ?? 'latin1';
}
