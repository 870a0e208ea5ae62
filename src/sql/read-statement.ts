import { VariableUse } from './expression-watch.js';
import { Fact } from './fact-bits.js';
import { DependsOn } from './facts.js';
import type { StatementScan } from './statement-scan.js';
import { Byte } from './token.js';
import { Word } from './words.js';
import { writeBody } from './write-statement.js';

/** SELECT, VALUES, TABLE, WITH (whose verb may turn out to be UPDATE or DELETE), and DO, whose expressions are read the same way. */
export function readStatement(scan: StatementScan): void {
  scan.is('read');
  scan.rest();
}

const EXPLAINED_READS: ReadonlySet<number> = new Set([Word.SELECT, Word.WITH, Word.VALUES, Word.TABLE]);
const EXPLAINED_WRITES: ReadonlySet<number> = new Set([Word.INSERT, Word.UPDATE, Word.DELETE, Word.REPLACE]);

/** EXPLAIN, DESCRIBE, DESC. */
export function explainStatement(scan: StatementScan): void {
  scan.is('read');
  scan.advance();
  explained(scan, false);
}

/** ANALYZE TABLE, which commits, or MariaDB's ANALYZE of a statement, which runs it. */
export function analyzeStatement(scan: StatementScan): void {
  scan.advance();
  if (scan.word === Word.TABLE || scan.word === Word.LOCAL || scan.word === Word.NO_WRITE_TO_BINLOG) {
    scan.is('admin');
    scan.set(Fact.commits);
    tableNames(scan);
    return;
  }
  scan.is('read');
  explained(scan, true);
}

/** What may follow EXPLAIN. `isRun`: the statement is run, not just planned. */
function explained(scan: StatementScan, isRun: boolean): void {
  let runs = isRun;
  for (;;) {
    if (scan.accept(Word.ANALYZE)) runs = true;
    else if (scan.accept(Word.FORMAT)) {
      scan.advance();
      scan.advance();
    } else if (!scan.accept(Word.EXTENDED) && !scan.accept(Word.PARTITIONS)) break;
  }
  while (scan.lexer.kind === Byte.open) scan.advance();
  const { word } = scan;
  if (EXPLAINED_WRITES.has(word)) {
    scan.because('not-a-read');
    if (runs) scan.turnsWrite();
    writeBody(scan);
  } else if (word === Word.FOR) {
    scan.because('about-one-server');
    scan.dependsOn |= DependsOn.server;
  } else if (!EXPLAINED_READS.has(word)) {
    if (runs || word === Word.ALTER || word === Word.INTO) scan.unsure('not-recognised');
    scan.watch.names = true;
  }
  scan.rest();
}

/** HANDLER t OPEN | READ | CLOSE: a cursor of this connection. */
export function handlerStatement(scan: StatementScan): void {
  scan.is('read');
  scan.because('depends-on-session');
  scan.because('not-a-read');
  scan.dependsOn |= DependsOn.connection;
  scan.advance();
  const handler = scan.name();
  if (handler === undefined) scan.unsure('not-recognised');
  else if (scan.accept(Word.OPEN)) {
    scan.accept(Word.AS);
    const alias = scan.atEnd ? handler : (scan.name() ?? handler);
    scan.effect({ kind: 'handler', action: 'open', name: alias.name });
  } else if (scan.word === Word.CLOSE) scan.effect({ kind: 'handler', action: 'close', name: handler.name });
  scan.rest();
}

/** CHECKSUM TABLE. */
export function checksumStatement(scan: StatementScan): void {
  scan.is('read');
  tableNames(scan);
}

/** The rest is names. */
function tableNames(scan: StatementScan): void {
  scan.watch.names = true;
  scan.watch.quiet = true;
  scan.rest();
}

/** HELP reads the server's own tables. */
export function helpStatement(scan: StatementScan): void {
  scan.is('read');
  scan.because('about-one-server');
  scan.dependsOn |= DependsOn.server;
  scan.rest();
}

/** GET DIAGNOSTICS puts what the last statement left into variables. */
export function getDiagnosticsStatement(scan: StatementScan): void {
  scan.is('read');
  scan.because('assigns-variable');
  scan.dependsOn |= DependsOn.diagnostics;
  scan.watch.variables = VariableUse.assigned;
  scan.rest();
}

/** CALL: a procedure can do anything, COMMIT too. Variables among its arguments may come back changed. */
export function callStatement(scan: StatementScan): void {
  scan.is('call');
  scan.unsure('not-a-read');
  scan.advance();
  scan.name();
  scan.watch.variables = VariableUse.assigned;
  scan.rest();
}

/**
 * EXECUTE name [USING @a, ...], EXECUTE IMMEDIATE: what runs is not in this text, or not for us to say. Where it is a CALL, variables
 * behind USING take what OUT parameters give.
 */
export function executeStatement(scan: StatementScan): void {
  scan.is('call');
  scan.unsure('not-a-read');
  while (!scan.atEnd && scan.word !== Word.USING) scan.advance();
  scan.watch.variables = VariableUse.assigned;
  scan.rest();
}
