import * as admin from './admin-statement.js';
import * as ddl from './ddl-statement.js';
import { programStatement } from './program-statement.js';
import * as read from './read-statement.js';
import { setStatement } from './set-statement.js';
import { showStatement } from './show-statement.js';
import type { StatementScan } from './statement-scan.js';
import { Byte, Token } from './token.js';
import * as transaction from './transaction-statement.js';
import { Word } from './words.js';
import * as write from './write-statement.js';

type Read = (scan: StatementScan) => void;

const program: Read = (scan) => programStatement(scan, 0);
const deallocate: Read = (scan) => {
  scan.advance();
  write.deallocateStatement(scan);
};

/** What reads a statement, by its first word. */
const BY_FIRST_WORD: (Read | undefined)[] = new Array<Read | undefined>(512).fill(undefined);
for (const [words, reader] of [
  [[Word.SELECT, Word.VALUES, Word.TABLE, Word.WITH, Word.DO], read.readStatement],
  [[Word.EXPLAIN, Word.DESCRIBE, Word.DESC], read.explainStatement],
  [[Word.ANALYZE], read.analyzeStatement],
  [[Word.HANDLER], read.handlerStatement],
  [[Word.CHECKSUM], read.checksumStatement],
  [[Word.HELP], read.helpStatement],
  [[Word.GET], read.getDiagnosticsStatement],
  [[Word.CALL], read.callStatement],
  [[Word.EXECUTE], read.executeStatement],
  [[Word.SHOW], showStatement],
  [[Word.INSERT, Word.REPLACE, Word.UPDATE, Word.DELETE], write.writeStatement],
  [[Word.LOAD], write.loadStatement],
  [[Word.USE], write.useStatement],
  [[Word.PREPARE], write.prepareStatement],
  [[Word.DEALLOCATE], deallocate],
  [[Word.SET], (scan: StatementScan) => setStatement(scan, dispatch)],
  [[Word.BEGIN], transaction.beginStatement],
  [[Word.START], transaction.startStatement],
  [[Word.COMMIT, Word.ROLLBACK], transaction.endStatement],
  [[Word.SAVEPOINT, Word.RELEASE], transaction.savepointStatement],
  [[Word.XA], transaction.xaStatement],
  [[Word.CREATE], ddl.createStatement],
  [[Word.ALTER], ddl.alterStatement],
  [[Word.DROP], ddl.dropStatement],
  [[Word.RENAME], ddl.renameStatement],
  [[Word.TRUNCATE, Word.GRANT, Word.REVOKE, Word.IMPORT], ddl.otherDefinition],
  [[Word.CHECK, Word.OPTIMIZE, Word.REPAIR, Word.CACHE], admin.tableMaintenance],
  [[Word.RESET, Word.STOP, Word.CHANGE, Word.PURGE, Word.BINLOG, Word.CLONE], admin.serverAdministration],
  [[Word.SHUTDOWN, Word.RESTART], admin.shutdownStatement],
  [[Word.INSTALL, Word.UNINSTALL], admin.serverAdministration],
  [[Word.FLUSH], admin.flushStatement],
  [[Word.LOCK], admin.lockStatement],
  [[Word.UNLOCK], admin.unlockStatement],
  [[Word.BACKUP], admin.backupStatement],
  [[Word.KILL], admin.killStatement],
  [[Word.SIGNAL], admin.signalStatement],
  [[Word.RESIGNAL], admin.resignalStatement],
  [[Word.IF, Word.CASE, Word.LOOP, Word.WHILE, Word.REPEAT, Word.FOR], program],
] as const) {
  for (const word of words) BY_FIRST_WORD[word] = reader;
}

/** Reads the statement whose first token is the present one, to its end. */
function dispatch(scan: StatementScan): void {
  while (scan.lexer.kind === Byte.open) scan.advance();
  const isParenthesised = scan.depth > 0;
  const reader = scan.lexer.kind === Token.word ? BY_FIRST_WORD[scan.word] : undefined;
  if (reader === undefined || (isParenthesised && reader !== read.readStatement)) {
    scan.is('other');
    scan.unsure('not-recognised');
    scan.rest();
  } else {
    // A verb before a parenthesis is no call: EXPLAIN (SELECT 1).
    scan.watch.isName = true;
    reader(scan);
  }
}

/** Reads all statements of the text. */
export function readAll(scan: StatementScan): void {
  for (;;) {
    scan.startStatement();
    scan.advance();
    if (scan.atEnd) {
      if (scan.lexer.kind === Token.end) {
        // Comments behind the last `;`: the servers answer them with an OK of their own.
        if (scan.statements > 0) scan.statements++;
        return;
      }
      // An empty statement between two `;`: the server answers it with an error.
      scan.statements++;
      scan.unsure('not-recognised');
      continue;
    }
    scan.statements++;
    dispatch(scan);
    scan.endStatement();
    if (scan.lexer.kind === Token.end) return;
    // The server reads the next statement only when this one has run.
    if (scan.newMode || scan.newCharset) scan.lexer.rereads(scan.newMode, scan.newCharset);
  }
}
