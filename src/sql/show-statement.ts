import { VariableUse } from './expression-watch.js';
import { DependsOn } from './facts.js';
import type { StatementScan } from './statement-scan.js';
import { Token } from './token.js';
import { Word } from './words.js';

/** SHOW of these describes the data: the same on every server. */
const DICTIONARY: ReadonlySet<number> = new Set([
  Word.TABLES,
  Word.TABLE, // TABLE STATUS
  Word.COLUMNS,
  Word.FIELDS,
  Word.INDEX,
  Word.INDEXES,
  Word.KEYS,
  Word.CREATE,
  Word.DATABASES,
  Word.SCHEMAS,
  Word.TRIGGERS,
  Word.EVENTS,
  Word.PROCEDURE, // PROCEDURE STATUS | CODE
  Word.FUNCTION,
  Word.PACKAGE,
  Word.CHARACTER,
  Word.CHARSET,
  Word.COLLATION,
  Word.PRIVILEGES,
]);

/** SHOW and its kin, by their first words. What we do not know counts as about one server and one connection. */
export function showStatement(scan: StatementScan): void {
  scan.is('read');
  scan.watch.calls = false;
  scan.watch.variables = VariableUse.ignored;
  scan.watch.names = true;
  scan.watch.quiet = true;
  scan.advance();
  while (scan.accept(Word.FULL) || scan.accept(Word.EXTENDED) || scan.accept(Word.STORED)) {
    // FULL COLUMNS, EXTENDED INDEX
  }
  const { word } = scan;
  if (word === Word.WARNINGS || word === Word.ERRORS || word === Word.COUNT) needs(scan, DependsOn.diagnostics);
  else if (word === Word.PROFILE || word === Word.PROFILES) needs(scan, DependsOn.connection);
  else if (word === Word.GRANTS) {
    // SHOW GRANTS FOR name@host: no variable
  } else if (DICTIONARY.has(word)) {
    if (word !== Word.CREATE) toCondition(scan);
  } else {
    // SHOW [SESSION] STATUS counts what this connection did.
    const isGlobal = scan.accept(Word.GLOBAL);
    if (!scan.accept(Word.SESSION)) scan.accept(Word.LOCAL);
    scan.dependsOn |= DependsOn.server | (scan.word === Word.STATUS && !isGlobal ? DependsOn.connection : 0);
    scan.because('about-one-server');
    toCondition(scan);
  }
  scan.rest();
}

function needs(scan: StatementScan, bits: number): void {
  scan.dependsOn |= bits;
  scan.because('depends-on-session');
}

/** Up to WHERE there are names only; behind it stands an expression. */
function toCondition(scan: StatementScan): void {
  while (!scan.atEnd && !(scan.lexer.kind === Token.word && scan.word === Word.WHERE)) scan.advance();
  scan.watch.calls = true;
  scan.watch.names = false;
  scan.watch.quiet = false;
  scan.watch.variables = VariableUse.read;
}
