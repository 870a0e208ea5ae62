import { VariableUse } from './expression-watch.js';
import { Fact } from './fact-bits.js';
import { programBody } from './program-statement.js';
import type { StatementScan } from './statement-scan.js';
import { Byte, Token } from './token.js';
import { Word } from './words.js';
import { deallocateStatement } from './write-statement.js';

const OBJECTS: ReadonlySet<number> = new Set([
  Word.TABLE,
  Word.TABLES,
  Word.SEQUENCE,
  Word.VIEW,
  Word.INDEX,
  Word.DATABASE,
  Word.SCHEMA,
  Word.PROCEDURE,
  Word.FUNCTION,
  Word.TRIGGER,
  Word.EVENT,
  Word.PACKAGE,
  Word.USER,
  Word.ROLE,
  Word.SERVER,
  Word.TABLESPACE,
  Word.LOGFILE,
  Word.REFERENCE,
  Word.RESOURCE,
  Word.INSTANCE,
]);

/** Objects whose definition is a program with statements of its own. */
const PROGRAMS: ReadonlySet<number> = new Set([Word.PROCEDURE, Word.FUNCTION, Word.TRIGGER, Word.EVENT, Word.PACKAGE]);

/** In definitions names stand before parentheses, accounts have `@`, and keywords do not do what they say. */
function definition(scan: StatementScan): void {
  scan.is('ddl');
  scan.watch.calls = false;
  scan.watch.quiet = true;
  scan.watch.variables = VariableUse.ignored;
}

/** Goes to the word that says what kind of object it is; notes TEMPORARY on the way. */
function toObject(scan: StatementScan): boolean {
  let isTemporary = false;
  while (!scan.atEnd && !OBJECTS.has(scan.word)) {
    if (scan.word === Word.TEMPORARY) isTemporary = true;
    if (scan.accept(Word.DEFINER)) account(scan);
    else scan.advance();
  }
  return isTemporary;
}

/** `= name@host`, `= CURRENT_USER()`. */
function account(scan: StatementScan): void {
  if (scan.lexer.kind === Byte.equals) scan.advance();
  scan.advance();
  while (scan.lexer.kind === Token.userVariable || scan.lexer.kind === Byte.open || scan.lexer.kind === Byte.close) scan.advance();
}

/** `IF [NOT] EXISTS`. */
function condition(scan: StatementScan): void {
  if (!scan.accept(Word.IF)) return;
  scan.accept(Word.NOT);
  scan.accept(Word.EXISTS);
}

/** CREATE of anything. Commits, but for temporary tables. */
export function createStatement(scan: StatementScan): void {
  definition(scan);
  const isTemporary = toObject(scan);
  const object = scan.word;
  scan.advance();
  if (PROGRAMS.has(object)) {
    scan.set(Fact.commits | Fact.simpleWrite);
    programBody(scan, 0);
    return;
  }
  condition(scan);
  if (isTemporary) {
    const table = scan.name();
    if (table !== undefined) scan.effect({ kind: 'temporary-table', action: 'create', schema: table.schema, name: table.name });
    else scan.unsure('not-recognised');
    // A temporary sequence is filled when it is made, which commits.
    if (object === Word.SEQUENCE) scan.set(Fact.commits);
  } else scan.set(Fact.commits | Fact.simpleWrite);
  if (object === Word.TABLE) createTable(scan);
  else if (object === 0) scan.unsure('not-recognised');
  scan.rest();
}

/** CREATE TABLE ... SELECT runs its query. */
function createTable(scan: StatementScan): void {
  while (!scan.atEnd) {
    const { word } = scan;
    if (word === Word.SELECT || (scan.depth === 0 && (word === Word.VALUES || word === Word.WITH))) break;
    scan.advance();
  }
  scan.watch.calls = true;
  scan.watch.quiet = false;
  scan.watch.variables = VariableUse.read;
}

/** ALTER of anything. */
export function alterStatement(scan: StatementScan): void {
  definition(scan);
  toObject(scan);
  const object = scan.word;
  scan.advance();
  if (object === Word.INSTANCE || object === 0) {
    scan.unsure('not-recognised');
    scan.rest();
    return;
  }
  scan.set(Fact.commits | Fact.simpleWrite);
  if (object === Word.TABLE) alterTable(scan);
  if (object === Word.EVENT) programBody(scan, 0);
  else scan.rest();
}

/** ALTER TABLE a RENAME [TO | AS | =] b may rename a temporary table. */
function alterTable(scan: StatementScan): void {
  condition(scan);
  const table = scan.name();
  if (table === undefined) return;
  while (!scan.atEnd) {
    if (!scan.accept(Word.RENAME) || scan.depth > 0) {
      scan.advance();
      continue;
    }
    // RENAME COLUMN, RENAME INDEX, RENAME KEY name something else.
    if (scan.word === Word.INDEX || scan.word === Word.KEY || scan.word === Word.COLUMN) continue;
    if (scan.lexer.kind === Byte.equals) scan.advance();
    else if (!scan.accept(Word.TO)) scan.accept(Word.AS);
    const target = scan.name();
    if (target === undefined) continue;
    scan.effect({ kind: 'temporary-table', action: 'rename', schema: table.schema, name: table.name, newName: target.name });
  }
}

/** DROP of anything; DROP PREPARE too. */
export function dropStatement(scan: StatementScan): void {
  scan.advance();
  if (scan.word === Word.PREPARE) {
    deallocateStatement(scan);
    return;
  }
  definition(scan);
  const isTemporary = toObject(scan);
  const object = scan.word;
  if (object === 0) {
    scan.unsure('not-recognised');
    scan.rest();
    return;
  }
  scan.advance();
  if (!isTemporary) scan.set(Fact.commits | Fact.simpleWrite);
  if (object === Word.TABLE || object === Word.TABLES || object === Word.SEQUENCE) dropTables(scan, isTemporary);
  scan.rest();
}

/** Without TEMPORARY a temporary table of that name goes first, too. */
function dropTables(scan: StatementScan, isTemporary: boolean): void {
  condition(scan);
  for (;;) {
    const table = scan.name();
    if (table === undefined) return;
    const effect = { kind: 'temporary-table', action: 'drop', schema: table.schema, name: table.name } as const;
    scan.effect(isTemporary ? effect : { ...effect, orReal: true });
    if (scan.lexer.kind !== Byte.comma) return;
    scan.advance();
  }
}

/** RENAME TABLE | TABLES | USER. MariaDB renames a temporary table of that name, where there is one. */
export function renameStatement(scan: StatementScan): void {
  definition(scan);
  scan.set(Fact.commits | Fact.simpleWrite);
  scan.advance();
  if (scan.dialect.flavor !== 'mysql' && (scan.accept(Word.TABLE) || scan.accept(Word.TABLES))) {
    condition(scan);
    for (;;) {
      const table = scan.name();
      while (!scan.atEnd && scan.word !== Word.TO) scan.advance(); // WAIT n, NOWAIT
      scan.accept(Word.TO);
      const target = scan.name();
      if (table === undefined || target === undefined) break;
      scan.effect({ kind: 'temporary-table', action: 'rename', schema: table.schema, name: table.name, newName: target.name });
      if (scan.lexer.kind !== Byte.comma) break;
      scan.advance();
    }
  }
  scan.rest();
}

/** TRUNCATE [TABLE], GRANT, REVOKE, IMPORT TABLE. */
export function otherDefinition(scan: StatementScan): void {
  definition(scan);
  scan.set(Fact.commits | Fact.simpleWrite);
  scan.rest();
}
