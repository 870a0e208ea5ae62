import { VariableUse } from './expression-watch.js';
import { Fact } from './fact-bits.js';
import { DependsOn } from './facts.js';
import type { StatementScan } from './statement-scan.js';
import { Token } from './token.js';
import { Word } from './words.js';

function begin(scan: StatementScan): void {
  scan.is('admin');
  scan.watch.calls = false;
  scan.watch.quiet = true;
  scan.watch.variables = VariableUse.ignored;
  scan.advance();
}

/** CHECK, OPTIMIZE, REPAIR TABLE, CACHE INDEX: they commit first. */
export function tableMaintenance(scan: StatementScan): void {
  begin(scan);
  scan.set(Fact.commits);
  scan.rest();
}

/** Whatever only an administrator sends; whether it commits differs by server and version. */
export function serverAdministration(scan: StatementScan): void {
  begin(scan);
  scan.set(Fact.mayCommit | Fact.mayChangeState);
  scan.rest();
}

/** FLUSH. With READ LOCK or FOR EXPORT the lock belongs to this connection. */
export function flushStatement(scan: StatementScan): void {
  begin(scan);
  scan.set(Fact.mayCommit);
  if (!scan.accept(Word.LOCAL)) scan.accept(Word.NO_WRITE_TO_BINLOG);
  if (!scan.accept(Word.TABLES) && !scan.accept(Word.TABLE)) {
    scan.rest();
    return;
  }
  const namesTables =
    scan.lexer.kind === Token.quoted || (scan.lexer.kind === Token.word && scan.word !== Word.WITH && scan.word !== Word.FOR);
  let locks = false;
  while (!scan.atEnd) {
    if (scan.word === Word.LOCK || scan.word === Word.EXPORT) locks = true;
    scan.advance();
  }
  if (locks) scan.effect({ kind: namesTables ? 'lock-tables' : 'global-read-lock' });
}

/** LOCK TABLES, LOCK INSTANCE FOR BACKUP. */
export function lockStatement(scan: StatementScan): void {
  begin(scan);
  if (scan.word === Word.INSTANCE) scan.effect({ kind: 'backup-lock' });
  else {
    scan.set(Fact.commits);
    scan.effect({ kind: 'lock-tables' });
  }
  scan.rest();
}

/** UNLOCK TABLES commits only where LOCK TABLES had locked some. */
export function unlockStatement(scan: StatementScan): void {
  begin(scan);
  if (scan.word === Word.INSTANCE) scan.effect({ kind: 'backup-unlock' });
  else {
    scan.set(Fact.mayCommit);
    scan.effect({ kind: 'unlock-tables' });
  }
  scan.rest();
}

/** MariaDB's BACKUP STAGE ..., BACKUP LOCK t, BACKUP UNLOCK. */
export function backupStatement(scan: StatementScan): void {
  begin(scan);
  scan.set(Fact.mayCommit);
  if (scan.accept(Word.STAGE)) scan.effect({ kind: scan.word === Word.END ? 'backup-unlock' : 'backup-lock' });
  else if (scan.word === Word.LOCK) scan.effect({ kind: 'backup-lock' });
  else if (scan.word === Word.UNLOCK) scan.effect({ kind: 'backup-unlock' });
  scan.rest();
}

const QUESTION_MARK = 63;

/** KILL [HARD | SOFT] [CONNECTION | QUERY] id. The id is known only when it is a plain number. */
export function killStatement(scan: StatementScan): void {
  scan.is('admin');
  scan.advance();
  const soft = !scan.accept(Word.HARD) && scan.accept(Word.SOFT);
  const query = scan.accept(Word.QUERY);
  if (!query) scan.accept(Word.CONNECTION);
  const { kind, start, end } = scan.lexer;
  const text = kind === Token.number ? scan.text() : '';
  scan.advance();
  const number = scan.atEnd && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  const id = scan.atEnd && kind === QUESTION_MARK ? '?' : number;
  scan.effect({ kind: 'kill', query, soft, id, start, end });
  scan.rest();
}

/** SHUTDOWN, RESTART. */
export function shutdownStatement(scan: StatementScan): void {
  begin(scan);
  scan.set(Fact.mayCommit | Fact.mayChangeState);
  scan.effect({ kind: 'shutdown' });
  scan.rest();
}

/** SIGNAL: an error or a warning, nothing else. */
export function signalStatement(scan: StatementScan): void {
  scan.is('admin');
  scan.rest();
}

/** RESIGNAL outside a handler adds an error of its own to what the last statement told; nothing else comes of it. */
export function resignalStatement(scan: StatementScan): void {
  scan.is('read');
  scan.because('depends-on-session');
  scan.dependsOn |= DependsOn.diagnostics;
  scan.rest();
}
