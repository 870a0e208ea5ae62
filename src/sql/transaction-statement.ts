import { Fact } from './fact-bits.js';
import { DependsOn } from './facts.js';
import { programStatement } from './program-statement.js';
import type { StatementScan } from './statement-scan.js';
import { Byte } from './token.js';
import { Word } from './words.js';

/** BEGIN [WORK], or MariaDB's BEGIN NOT ATOMIC block. */
export function beginStatement(scan: StatementScan): void {
  scan.advance();
  if (scan.word === Word.NOT) {
    programStatement(scan, 1);
    return;
  }
  scan.is('transaction');
  scan.set(Fact.begins | Fact.commits);
  scan.accept(Word.WORK);
  mustEnd(scan);
}

/** START TRANSACTION with its characteristics; START SLAVE and other starts are for the server's administrator. */
export function startStatement(scan: StatementScan): void {
  scan.advance();
  if (scan.word !== Word.TRANSACTION) {
    scan.is('admin');
    scan.unsure('not-a-read');
    scan.rest();
    return;
  }
  scan.is('transaction');
  scan.set(Fact.begins | Fact.commits);
  while (!scan.atEnd) {
    scan.advance();
    if (scan.accept(Word.READ)) {
      if (scan.word === Word.ONLY) scan.set(Fact.readOnlyRequested);
      else if (scan.word === Word.WRITE) scan.set(Fact.readWriteRequested);
      else scan.unsure('not-recognised');
    } else if (scan.accept(Word.WITH)) {
      if (!scan.accept(Word.CONSISTENT) || scan.word !== Word.SNAPSHOT) scan.unsure('not-recognised');
    } else if (scan.lexer.kind !== Byte.comma && !scan.atEnd) scan.unsure('not-recognised');
  }
}

/** COMMIT and ROLLBACK [WORK] [AND [NO] CHAIN] [[NO] RELEASE], ROLLBACK TO. */
export function endStatement(scan: StatementScan): void {
  const ends = scan.word === Word.COMMIT ? Fact.commits : Fact.rollsBack;
  scan.is('transaction');
  scan.advance();
  scan.accept(Word.WORK);
  if (ends === Fact.rollsBack && scan.accept(Word.TO)) {
    scan.rest();
    return;
  }
  scan.set(ends);
  if (scan.accept(Word.AND)) {
    const chains = !scan.accept(Word.NO);
    if (!scan.accept(Word.CHAIN)) scan.unsure('not-recognised');
    else if (chains) scan.set(Fact.begins);
  }
  const releases = !scan.accept(Word.NO);
  if (scan.accept(Word.RELEASE) && releases) scan.set(Fact.releases);
  mustEnd(scan);
}

/** SAVEPOINT name, RELEASE SAVEPOINT name: inside the transaction only. */
export function savepointStatement(scan: StatementScan): void {
  scan.is('transaction');
  scan.rest();
}

/** XA START | BEGIN | END | PREPARE | COMMIT | ROLLBACK | RECOVER. */
export function xaStatement(scan: StatementScan): void {
  scan.advance();
  const { word } = scan;
  if (word === Word.RECOVER) {
    scan.is('read');
    scan.because('about-one-server');
    scan.dependsOn |= DependsOn.server;
    scan.rest();
    return;
  }
  scan.is('transaction');
  if (word === Word.START || word === Word.BEGIN) {
    scan.set(Fact.begins);
    scan.effect({ kind: 'xa', action: 'start' });
  } else if (word === Word.END) scan.effect({ kind: 'xa', action: 'end' });
  else if (word === Word.PREPARE) {
    // The branch outlives its connection; whether it was prepared is as uncertain as a commit.
    scan.set(Fact.mayCommit);
    scan.effect({ kind: 'xa', action: 'prepare' });
  } else if (word === Word.COMMIT) {
    scan.set(Fact.commits);
    scan.effect({ kind: 'xa', action: 'commit' });
  } else if (word === Word.ROLLBACK) {
    scan.set(Fact.rollsBack);
    scan.effect({ kind: 'xa', action: 'rollback' });
  } else scan.unsure('not-recognised');
  scan.rest();
}

function mustEnd(scan: StatementScan): void {
  if (!scan.atEnd) scan.unsure('not-recognised');
  scan.rest();
}
