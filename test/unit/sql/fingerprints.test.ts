import { readFileSync } from 'node:fs';
import t from 'tap';
import { dialectOf } from '../../../src/sql/dialect.js';
import { digest } from '../../../src/sql/digest.js';

// Our digests against the fingerprints that percona-toolkit's pt-fingerprint gave (pt-query-digest has the same code), recorded by
// test/golden/fingerprints/record.mjs. Every difference belongs to a class below, which says what each of the two does.

const GOLDEN = new URL('../../golden/fingerprints/fingerprints.jsonl', import.meta.url.replace('/.build/', '/'));
const DIALECT = dialectOf('8.0.15', '', 'utf8mb4');

interface Difference {
  readonly name: string;
  readonly pt: string;
  readonly ours: string;
  /** Makes the difference vanish from both texts, one text, or the other. */
  readonly both?: (text: string) => string;
  readonly inPt?: (text: string) => string;
  readonly inOurs?: (text: string) => string;
  /** Statements of the corpus that are equal only from this class on (each is counted once, at the last class it needs). */
  readonly count: number;
}

const LIST = /\((?:\?,\s?)*\?\)|\(\?\+\)/g;

/** Blanks never matter from the first class on: they are taken out before each comparison. */
const CLASSES: readonly Difference[] = [
  { name: 'blanks', pt: 'as written, runs of them as one', ours: 'one between two tokens', count: 79 },
  {
    name: 'quotes of names',
    pt: 'as written',
    ours: 'none where the name needs none',
    both: (text) => text.replaceAll('`', ''),
    count: 17,
  },
  {
    name: 'LIMIT',
    pt: '`limit ?` for all forms',
    ours: 'forms stay apart: an offset is another query',
    both: (text) => text.replace(/limit \?(?:, ?\?| offset \?)/g, 'limit ?'),
    count: 4,
  },
  {
    name: 'NULL, TRUE, FALSE',
    pt: '`null` is `?` wherever it stands, `true` and `false` stay',
    ours: 'all three are literals as operands; `is null` stays',
    both: (text) => text.replace(/\b(?:null|true|false)\b/g, '?'),
    count: 6,
  },
  {
    name: 'ASC',
    pt: 'left out',
    ours: 'as written',
    both: (text) => text.replace(/ asc\b/g, ''),
    count: 2,
  },
  {
    name: 'lists of literals',
    pt: '`(?+)` behind IN and VALUES',
    ours: '`(?+)` wherever no function is called; of equal neighbours one',
    both: (text) => text.replace(LIST, '(list)').replace(/\(list\)(?:, ?\(list\))+/g, '(list)'),
    count: 5,
  },
  {
    name: 'digits in names, and signs',
    pt: 'a regular expression takes `[0-9+-][0-9a-f.xb+-]*` for a number: `t2024` is `t?`, `a-1` is `a?`, `0x1F` is `?f`',
    ours: 'names and operators stay, numbers are whole',
    inOurs: (text) => text.replace(/[0-9+-][0-9a-f.xb+-]*/g, '?').replace(/[xb.+-]\?/g, '?'),
    inPt: (text) => text.replace(/\?f\b/g, '?'),
    count: 70,
  },
  {
    name: 'prefixes of strings, neighbours',
    pt: "`N'x'` is `n?`, `_utf8'x'` is `_utf??`, `'it''s'` is `??`",
    ours: 'a literal is one `?`, its introducer stays',
    both: (text) =>
      text
        .replace(/\b[nx]\?/g, '?')
        .replace(/(?:\? ?)+\?/g, '?')
        .replace(/(_\w+) \?/g, '$1?'),
    count: 9,
  },
  {
    name: 'executable comments',
    pt: 'kept with their marks',
    ours: 'code where the server at hand runs them, else comments',
    inPt: (text) => text.replace(/\/\*m?!\??(.*?)\*\//g, '$1').replace(/(?:\? ?)+\?/g, '?'),
    count: 12,
  },
  {
    name: 'CALL',
    pt: 'the name only',
    ours: 'like any other statement',
    inOurs: (text) => text.replace(/^(call [^(]*)\(.*$/s, '$1'),
    count: 5,
  },
  { name: 'USE', pt: '`use ?`', ours: 'the schema stays', both: (text) => text.replace(/^use .*/, 'use ?'), count: 3 },
  {
    name: 'UNION',
    pt: 'equal members once, `/*repeat union*/`',
    ours: 'as written',
    inPt: (text) => text.replace(/ \/\*repeat union(?: all)?\*\//g, ''),
    inOurs: (text) => text.replace(/\b(select\s.*?)(?:(\sunion(?:\sall)?)\s\1)+/g, '$1'),
    count: 4,
  },
  {
    name: 'accounts and quoted variables',
    pt: "`'a'@'b'` is `?@?`, `@'x'` is `@?`",
    ours: 'the token behind `@` is a name and stays',
    inOurs: (text) => text.replace(/@(?:'[^']*'|"[^"]*")/g, '@?'),
    count: 5,
  },
  {
    name: 'rows that differ in shape',
    pt: 'the first row only',
    ours: 'each row whose shape is another than that before it',
    inOurs: (text) => text.replace(/(values ?\((?:[^()]|\([^()]*\))*\)).*$/s, '$1'),
    count: 2,
  },
  {
    name: 'quotes that pt misreads',
    pt: "`\\\\'`, `'it''s'` in double quotes and quotes in comments end a string too early or too late",
    ours: 'as the server reads them',
    inPt: (text) => (/['"]$|^[^']*'[^']*$/.test(text) ? 'misread' : text),
    inOurs: () => 'misread',
    count: 6,
  },
];

/** Single statements whose fingerprint is none. */
const SPECIAL: Readonly<Record<string, string>> = {
  'SELECT /*!40001 SQL_NO_CACHE */ * FROM `t`': 'mysqldump’s own statement: pt says `mysqldump`',
  'administrator command: Ping': 'the slow log’s word for a command, no SQL',
  'SELECT 1e5, 1E+5, .5, 5.': 'a capital E ends the number for pt',
  'SELECT @x:=@x+1, @y FROM t': 'pt takes `x+1` for one number',
  'SELECT SLEEP(0), BENCHMARK(1, 1+1)': 'likewise `1+1`',
  'INSERT INTO t VALUES ()': 'pt makes a list of nothing',
  'SELECT 1 /*!99999 FOR UPDATE */': 'a comment to the server at hand, so to us',
  'SELECT 1 /*!99999 a /* b */ c */': 'likewise',
  'SELECT 1 /*!50001 + 1 */ /*!99999 + f_write(1) */': 'likewise the second',
};

const squeezed = (text: string): string => text.replace(/\s+|;$/g, '');

/** Statements whose texts are equal to the byte. */
const SAME = 379;

t.test('our digests and the fingerprints of percona-toolkit', (t) => {
  const [head, ...lines] = readFileSync(GOLDEN, 'utf8').trimEnd().split('\n');
  const { statements } = JSON.parse(head as string) as { statements: number };
  t.equal(lines.length, statements, 'whole');
  t.ok(statements > 500, `${statements} statements`);
  const found = new Map<string, number>([['same', 0]]);
  for (const line of lines) {
    const [sql, fingerprint] = JSON.parse(line) as [string, string];
    if (sql in SPECIAL) continue;
    const name = classOf(fingerprint, digest(Buffer.from(sql), DIALECT).text);
    if (name === undefined) t.fail(`${sql}: pt ${fingerprint}, ours ${digest(Buffer.from(sql), DIALECT).text}`);
    else found.set(name, (found.get(name) ?? 0) + 1);
  }
  t.same(Object.fromEntries(found), Object.fromEntries([['same', SAME], ...CLASSES.map(({ name, count }) => [name, count])]));
  t.end();
});

/** The last class that is needed to make the two texts one; 'same' when none is, undefined when all of them do not suffice. */
function classOf(fingerprint: string, text: string): string | undefined {
  if (fingerprint === text) return 'same';
  let pt = fingerprint;
  let ours = text;
  for (const { name, both, inPt, inOurs } of CLASSES) {
    pt = (inPt ?? both ?? String)(pt);
    ours = (inOurs ?? both ?? String)(ours);
    if (squeezed(pt) === squeezed(ours)) return name;
  }
  return undefined;
}
