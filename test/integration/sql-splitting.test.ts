import fc from 'fast-check';
import t from 'tap';
import { Classifier } from '../../src/sql/classify.js';
import { dialectOf, type SqlDialect } from '../../src/sql/dialect.js';
import { FLAVORS, type Flavor, type Server, serverUnavailable, startServers } from '../servers/servers.js';
import { type Result, resetSchema, SqlConnection } from './sql-connection.js';

// Where the servers end strings, comments and statements, the lexer must too: they are asked, with texts made to be misread.

t.setTimeout(300_000);

const classifier = new Classifier();

/** Parts that make a difference to whoever reads quotes, comments and statements. */
const PIECES = [
  "'",
  '"',
  '`',
  '\\',
  ';',
  '; SELECT 1',
  "; SELECT 'a'",
  '; SELECT "b"',
  '/*',
  '*/',
  '/*!',
  '/*!50701 ',
  '/*!99999 ',
  '/*!100100 ',
  '/*M!',
  '/*M!100100 ',
  '/**/',
  '-- ',
  '--',
  '#',
  '\n',
]
  .concat([
    '\0',
    ' ',
    ', 1',
    ' AS `x`',
    "''",
    '""',
    '``',
    "\\'",
    '\\"',
    '\\\\',
    '@a',
    '@`a`',
    "N'",
    "x'4",
    "_utf8'",
    '1.',
    '.5',
    '1e5',
    'a',
    ')',
    '(',
  ])
  .map((text) => Buffer.from(text, 'latin1'));

/** Bytes of characters whose second byte is a backslash, a backtick or the like, whole and cut. */
const HIGH = [
  [0xbf, 0x5c],
  [0x83, 0x5c],
  [0xa5, 0x5c],
  [0xbf, 0x27],
  [0xbf],
  [0x81, 0x30, 0x81, 0x30],
  [0xa1, 0x60],
  [0x95, 0x40],
  [0x81, 0x7c],
  [0xc3, 0xa9],
  [0xa0],
].map((bytes) => Buffer.from(bytes));

const SETTINGS: readonly (readonly [mode: string, charset: string])[] = [
  ['', 'utf8mb4'],
  ['ANSI_QUOTES', 'utf8mb4'],
  ['NO_BACKSLASH_ESCAPES', 'utf8mb4'],
  ['ANSI_QUOTES,NO_BACKSLASH_ESCAPES', 'latin1'],
  ['', 'latin1'],
  ['', 'gbk'],
  ['', 'sjis'],
  ['', 'cp932'],
  ['', 'big5'],
  ['NO_BACKSLASH_ESCAPES', 'gbk'],
  ['', 'gb18030'],
  ['', 'ujis'],
];

const wild = (pieces: readonly Buffer[]) =>
  fc
    .tuple(
      fc.constantFrom("SELECT '", 'SELECT "', 'SELECT 1 AS `', 'SELECT 1 ', "SELECT 1; SELECT '", 'SELECT /*! 1 */ '),
      fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 12 }),
    )
    .map(([first, rest]) => Buffer.concat([Buffer.from(first), ...rest]));

/** Texts that mostly run: literals, names and comments with odd insides, properly begun and ended, in two statements. */
const tame = (pieces: readonly Buffer[]) => {
  const inside = fc
    .array(fc.constantFrom(...pieces.filter((piece) => !/['"`\0]/.test(piece.toString('latin1')))), { maxLength: 3 })
    .map((parts) => Buffer.concat(parts));
  const between = (open: string, close: string) => inside.map((body) => Buffer.concat([Buffer.from(open), body, Buffer.from(close)]));
  const item = fc.oneof(
    between("'", "'"),
    between('"', '"'),
    between('1 AS `a', '`'),
    between("'a''", "'"),
    between('1 /*', '*/'),
    between("_binary'", "'"),
    between("@'", "'"),
    between('@`', '`'),
  );
  const list = fc
    .array(item, { minLength: 1, maxLength: 3 })
    .map((items) => Buffer.concat(items.flatMap((one, index) => (index === 0 ? [one] : [Buffer.from(', '), one]))));
  return fc.tuple(list, list).map(([one, two]) => Buffer.concat([Buffer.from('SELECT '), one, Buffer.from('; SELECT '), two]));
};

/** As many statements as the server ran, or, where it stopped at an error, at least as many as it got to. */
function agrees(sql: Buffer, dialect: SqlDialect, results: readonly Result[]): boolean {
  const { statements, pureRead, simpleWrite } = classifier.classify(sql, dialect);
  const stopped = results.some(({ error }) => error !== undefined);
  if (statements === 0) return results.length === 1;
  if (simpleWrite) return false;
  return stopped ? statements >= results.length : statements === results.length || !pureRead;
}

/** The version as the server greets with it; `server.version` is the bare number. */
function greetingVersion(server: Server, flavor: Flavor): string {
  return flavor === 'mariadb' ? `${server.version}-MariaDB` : server.version;
}

async function compare(
  server: Server,
  flavor: Flavor,
  mode: string,
  charset: string,
): Promise<{ texts: number; ran: number; wrong: string | undefined }> {
  const connection = await SqlConnection.open(server, flavor, false);
  const [answer] = await connection.run(`SET NAMES ${charset}, sql_mode = '${mode}'`);
  const counts = { texts: 0, ran: 0, wrong: undefined as string | undefined };
  if (answer?.error !== undefined) return counts; // MariaDB has no gb18030
  const dialect = dialectOf(greetingVersion(server, flavor), mode, charset);
  const pieces = charset === 'utf8mb4' ? PIECES : [...PIECES, ...HIGH, ...HIGH];
  const sample = [...fc.sample(wild(pieces), 600), ...fc.sample(tame(pieces), 600)];
  for (const sql of sample) {
    const results = await connection.run(sql);
    counts.texts++;
    if (results.every(({ error }) => error === undefined)) counts.ran++;
    if (!agrees(sql, dialect, results))
      counts.wrong ??= `${sql.toString('hex')} ${sql.toString('latin1')} gave ${results.map(({ error }) => error ?? 'ok').join()}`;
  }
  connection.end();
  return counts;
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: statements end where the server ends them`, { skip: reason ?? false }, async (t) => {
    const { servers, stop } = await startServers({ flavor }, 1);
    t.teardown(stop);
    const server = servers[0] as Server;
    await resetSchema(server, flavor);
    for (const [mode, charset] of SETTINGS) {
      const { texts, ran, wrong } = await compare(server, flavor, mode, charset);
      if (texts === 0) t.comment(`${charset}: this server does not have it`);
      else t.equal(wrong, undefined, `${charset} ${mode}: ${texts} texts, of which ${ran} ran`);
    }
    await t.test('no text that wrote was called a pure read', (t) => checkWriters(t as Tap, server, flavor));
  });
}

type Tap = typeof t;

/** Ways to call a function that writes, to hide the call, and to make something else look like it. */
const CALLS = [
  'f_mark',
  '`f_mark`',
  'F_Mark',
  'pm_sql.f_mark',
  '`pm_sql`.f_mark',
  'pm_sql . `f_mark`',
  'f_mark/**/',
  'f_mark /* x */',
  'f_mark -- x\n',
  'f_mark/*!*/',
  '/*! f_mark */',
  '/*!40000 f_mark*/',
  '(f_mark',
  'NEXTVAL',
  'abs',
  'IF',
];
const AROUND = [
  '1',
  '2',
  ',',
  ',',
  '(',
  ')',
  ')',
  '+',
  '-',
  'AS',
  'x',
  "'a'",
  '@v',
  ':=',
  'FROM t',
  'WHERE',
  'IN',
  'AND',
  'NOT',
  'CASE WHEN',
  'THEN',
  'END',
  'UNION SELECT',
  'WITH',
  'OVER',
  '/*!',
  '*/',
  'INTO @z',
  'LIMIT',
  'ROW',
  'VALUES',
  'EXISTS(SELECT',
  's1',
  '(1)',
  '(2)',
  '(1)',
  'DO',
  '.5',
  '1.',
  '; SELECT',
];

async function checkWriters(t: Tap, server: Server, flavor: Flavor): Promise<void> {
  const connection = await SqlConnection.open(server, flavor);
  const dialect = dialectOf(greetingVersion(server, flavor), '', 'utf8mb4');
  const call = fc
    .tuple(fc.constantFrom(...CALLS), fc.constantFrom('(1)', ' (1)', '(f_mark(2))', '(1', '((1))'))
    .map((parts) => parts.join(''));
  const text = fc
    .tuple(
      fc.constantFrom(
        'SELECT',
        'SELECT 1,',
        'DO',
        'VALUES ROW',
        'SELECT * FROM t WHERE',
        'WITH x AS (SELECT',
        'EXPLAIN SELECT',
        'SHOW TABLES WHERE',
        '(SELECT',
      ),
      fc.array(fc.oneof(call, call, fc.constantFrom(...AROUND)), { minLength: 1, maxLength: 7 }),
    )
    .map(([first, rest]) => [first, ...rest].join(' '));
  const seen = { wrote: 0, pure: 0 };
  for (const sql of fc.sample(text, 4000)) {
    const results = await connection.run(sql);
    const facts = classifier.classify(Buffer.from(sql), dialect);
    const wrote = results.some(({ track }) =>
      track.some(
        (item) => item.type === 'gtids' || (item.type === 'system-variables' && item.variables.some(([name]) => name === 'last_gtid')),
      ),
    );
    if (wrote) seen.wrote++;
    if (facts.pureRead) seen.pure++;
    if (wrote && (facts.pureRead || facts.harmless || !facts.mayChangeState)) t.fail(sql);
  }
  connection.end();
  t.ok(seen.wrote > 50, `${seen.wrote} of 4000 texts wrote, ${seen.pure} were called pure`);
}
