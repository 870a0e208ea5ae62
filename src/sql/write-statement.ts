import { VariableUse } from './expression-watch.js';
import { Fact } from './fact-bits.js';
import type { StatementScan } from './statement-scan.js';
import { Byte, Token } from './token.js';
import { Word } from './words.js';

const MODIFIERS: ReadonlySet<number> = new Set([
  Word.LOW_PRIORITY,
  Word.HIGH_PRIORITY,
  Word.DELAYED,
  Word.QUICK,
  Word.IGNORE,
  Word.INTO,
  Word.FROM,
]);

/** INSERT, REPLACE, UPDATE, DELETE. */
export function writeStatement(scan: StatementScan): void {
  scan.is('write');
  scan.set(Fact.simpleWrite);
  writeBody(scan);
}

/** From the verb on. What stands behind the table's name may look like a call and is a list of columns. */
export function writeBody(scan: StatementScan): void {
  scan.advance();
  while (MODIFIERS.has(scan.word)) scan.advance();
  scan.name();
  scan.rest();
}

/** LOAD DATA | XML [LOCAL] INFILE, LOAD INDEX INTO CACHE. Variables in the column list are assigned to. */
export function loadStatement(scan: StatementScan): void {
  scan.advance();
  if (scan.word === Word.INDEX) {
    scan.is('admin');
    scan.set(Fact.mayCommit); // commits on MySQL, not on MariaDB
    scan.watch.names = true;
    scan.rest();
    return;
  }
  scan.is('write');
  if (scan.word !== Word.DATA && scan.word !== Word.XML) scan.unsure('not-recognised');
  scan.watch.variables = VariableUse.assigned;
  // `PARTITION (`, `CHARACTER SET x`, `(columns)`: no calls before the expressions behind SET.
  scan.watch.calls = false;
  while (!scan.atEnd && (scan.word !== Word.SET || scan.previousWord === Word.CHARACTER)) {
    if (scan.word === Word.LOCAL) scan.set(Fact.loadLocal);
    scan.advance();
  }
  scan.watch.calls = true;
  scan.rest();
}

/** USE name. */
export function useStatement(scan: StatementScan): void {
  scan.is('set');
  scan.advance();
  const name = scan.name();
  if (name === undefined || !scan.atEnd) scan.unsure('not-recognised');
  else scan.effect({ kind: 'schema', name: name.name });
  scan.rest();
}

/** PREPARE name FROM 'text' | @variable | (MariaDB) expression. */
export function prepareStatement(scan: StatementScan): void {
  scan.is('set');
  scan.advance();
  const name = scan.name();
  if (name === undefined || scan.word !== Word.FROM) {
    scan.unsure('not-recognised');
    scan.rest();
    return;
  }
  scan.advance();
  const isString = scan.lexer.kind === Token.string;
  if (scan.lexer.kind === Byte.open) scan.because('not-recognised');
  scan.advance();
  scan.effect({ kind: 'text-prepare', name: name.name.toLowerCase(), from: isString && scan.atEnd ? 'literal' : 'expression' });
  scan.rest();
}

/** DEALLOCATE PREPARE name; DROP PREPARE name comes here too. Present token: PREPARE. */
export function deallocateStatement(scan: StatementScan): void {
  scan.is('set');
  if (!scan.accept(Word.PREPARE)) scan.unsure('not-recognised');
  const name = scan.name();
  if (name === undefined) scan.unsure('not-recognised');
  else scan.effect({ kind: 'text-deallocate', name: name.name.toLowerCase() });
  scan.rest();
}
