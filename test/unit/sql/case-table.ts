import { readdirSync, readFileSync } from 'node:fs';
import { dialectOf, type SqlDialect } from '../../../src/sql/dialect.js';

export type CaseFlavor = 'mysql' | 'mariadb';

/** One line of `cases/*.txt`: `[tags] SQL  =>  facts | effects`. */
export interface Case {
  readonly file: string;
  readonly line: number;
  readonly sql: string;
  readonly flavors: readonly CaseFlavor[];
  /** Can be run on the servers of `test/servers` with the schema of the integration test. */
  readonly runs: boolean;
  readonly expected: string;
}

export const DIALECTS: Readonly<Record<CaseFlavor, SqlDialect>> = {
  mysql: dialectOf('8.0.15', '', 'utf8mb4'),
  mariadb: dialectOf('5.5.5-10.11.6-MariaDB', '', 'utf8mb4'),
};

const FOLDER = new URL('./cases/', import.meta.url.replace('/.build/', '/'));

/** All cases. Tags: `my` or `ma` (only that flavor), `norun`. `⏎` stands for a line feed, `␀` for a NUL byte. */
export function readCases(): Case[] {
  const cases: Case[] = [];
  for (const file of readdirSync(FOLDER).sort()) {
    const lines = readFileSync(new URL(file, FOLDER), 'utf8').split('\n');
    for (const [index, text] of lines.entries()) {
      const match = /^(?:\[([a-z ]+)\] )?(.*?)\s+=>\s+(.*)$/.exec(text);
      if (match === null) {
        if (text !== '' && !text.startsWith('##')) throw new Error(`${file}:${index + 1}: not a case: ${text}`);
        continue;
      }
      const tags = (match[1] ?? '').split(' ');
      cases.push({
        file,
        line: index + 1,
        sql: (match[2] ?? '').replaceAll('⏎', '\n').replaceAll('␀', '\0'),
        flavors: tags.includes('my') ? ['mysql'] : tags.includes('ma') ? ['mariadb'] : ['mysql', 'mariadb'],
        runs: !tags.includes('norun'),
        expected: match[3] ?? '',
      });
    }
  }
  return cases;
}
