import { charsetFamily, sameMode } from './dialect.js';
import { VariableUse } from './expression-watch.js';
import { Fact } from './fact-bits.js';
import type { StatementScan } from './statement-scan.js';
import { Byte, Token } from './token.js';
import { Word } from './words.js';

type Scope = 'session' | 'global' | 'persist';

function scopeOf(name: string): Scope | undefined {
  switch (name) {
    case 'session':
    case 'local':
      return 'session';
    case 'global':
      return 'global';
    case 'persist':
    case 'persist_only':
      return 'persist';
    default:
      return undefined;
  }
}

/** SET in all its forms. `run` reads the statement behind MariaDB's SET STATEMENT ... FOR. */
export function setStatement(scan: StatementScan, run: (scan: StatementScan) => void): void {
  scan.watch.variables = VariableUse.ignored;
  scan.advance();
  switch (scan.word) {
    case Word.PASSWORD:
      setAccount(scan, Fact.commits);
      return;
    case Word.DEFAULT: // SET DEFAULT ROLE
      setAccount(scan, Fact.mayCommit);
      return;
    case Word.ROLE:
      scan.is('set');
      scan.effect({ kind: 'role' });
      scan.rest();
      return;
    case Word.RESOURCE: // RESOURCE GROUP
      scan.is('set');
      scan.mayLeaveState();
      scan.rest();
      return;
    case Word.STATEMENT:
      setForStatement(scan, run);
      return;
    default:
      scan.is('set');
      assignments(scan);
  }
}

function setAccount(scan: StatementScan, bits: number): void {
  scan.is('ddl');
  scan.set(bits);
  scan.rest();
}

/** The values hold for the one statement behind FOR, which is read as if it stood alone. */
function setForStatement(scan: StatementScan, run: (scan: StatementScan) => void): void {
  scan.watch.variables = VariableUse.read;
  scan.set(Fact.passingVariables);
  while (!scan.atEnd && !(scan.word === Word.FOR && scan.depth === 0)) scan.advance();
  if (scan.word !== Word.FOR) {
    scan.is('set');
    scan.unsure('not-recognised');
    return;
  }
  scan.advance();
  run(scan);
}

function assignments(scan: StatementScan): void {
  let scope: Scope = 'session';
  for (;;) {
    const given = scan.lexer.kind === Token.word ? scopeOf(scan.text().toLowerCase()) : undefined;
    if (given !== undefined && scan.word !== 0) {
      scope = given;
      scan.advance();
    }
    assignment(scan, scope);
    if (scan.lexer.kind !== Byte.comma) break;
    scan.watch.variables = VariableUse.ignored;
    scan.advance();
  }
  if (!scan.atEnd) scan.unsure('not-recognised');
  scan.rest();
}

/** One item between commas; ends at the comma or at the end. */
function assignment(scan: StatementScan, scope: Scope): void {
  const { kind } = scan.lexer;
  if (kind === Token.userVariable) {
    const name = scan.variableName();
    scan.advance();
    const literal = value(scan);
    // A bare word may be a function without parentheses: CURRENT_TIMESTAMP.
    const isWord = literal !== undefined && /^[a-z]/i.test(literal) && !/^(?:null|true|false|[xbn]')/i.test(literal);
    scan.effect({ kind: 'user-variable', name, literal: isWord ? undefined : literal });
  } else if (kind === Token.systemVariable) systemVariable(scan);
  else if (scan.word === Word.TRANSACTION) {
    if (scope === 'session' && scan.previousWord !== Word.SESSION && scan.previousWord !== Word.LOCAL)
      scan.effect({ kind: 'next-transaction' });
    else scan.effect({ kind: 'system-variable', name: 'transaction', scope, literal: undefined });
    scan.rest(); // its own commas: ISOLATION LEVEL SERIALIZABLE, READ ONLY
  } else if (scan.word === Word.NAMES || scan.word === Word.CHARSET || scan.word === Word.CHARACTER) names(scan);
  else {
    const name = scan.name();
    if (name === undefined) {
      scan.unsure('not-recognised');
      toItemEnd(scan);
    } else variable(scan, name.schema === undefined ? name.name : `${name.schema}.${name.name}`, scope, false);
  }
}

/** `@@x`, `@@session.x`, `@@hot_cache.key_buffer_size`. */
function systemVariable(scan: StatementScan): void {
  let name = scan.systemVariableName();
  let ownScope: Scope | undefined;
  scan.advance();
  for (let parts = 0; scan.lexer.kind === Byte.dot && parts < 2; parts++) {
    scan.advance();
    const part = (scan.lexer.kind === Token.quoted ? scan.unquoted() : scan.text()).toLowerCase();
    ownScope ??= scopeOf(name);
    name = ownScope !== undefined && parts === 0 ? part : `${name}.${part}`;
    scan.advance();
  }
  // `@@x` without scope is the session's, whatever keyword came before it in the list.
  if (ownScope === undefined && NEXT_TRANSACTION.test(name)) {
    value(scan);
    scan.effect({ kind: 'next-transaction' });
  } else variable(scan, name, ownScope ?? 'session', ownScope === undefined && scan.dialect.flavor !== 'mysql');
}

/** `SET @@transaction_isolation = ...`, unlike `SET transaction_isolation`, is for the next transaction only. */
const NEXT_TRANSACTION = /^(?:transaction|tx)_(?:isolation|read_only)$/;

function variable(scan: StatementScan, givenName: string, scope: Scope, untracked: boolean): void {
  const name = givenName.toLowerCase();
  const literal = value(scan);
  scan.effect(untracked ? { kind: 'system-variable', name, scope, literal, untracked } : { kind: 'system-variable', name, scope, literal });
  if (scope !== 'session') return;
  if (name === 'autocommit') autocommit(scan, literal);
  else if (name === 'sql_mode') newMode(scan, literal);
  else if (name === 'character_set_client') newCharset(scan, literal);
}

function newMode(scan: StatementScan, literal: string | undefined): void {
  scan.newMode ||= literal === undefined || !sameMode(scan.dialect, literal.replaceAll(/['"]/g, ''));
}

function newCharset(scan: StatementScan, literal: string | undefined): void {
  scan.newCharset ||= literal === undefined || charsetFamily(literal.replaceAll(/['"]/g, '')) !== scan.dialect.charset;
}

function autocommit(scan: StatementScan, literal: string | undefined): void {
  scan.bits &= ~(Fact.autocommitOn | Fact.autocommitOff);
  const text = literal?.replaceAll(/['"]/g, '').toLowerCase();
  if (text === '1' || text === 'on' || text === 'true') scan.set(Fact.autocommitOn | Fact.commits);
  else if (text === '0' || text === 'off' || text === 'false') scan.set(Fact.autocommitOff);
  else scan.set(Fact.mayCommit);
}

/** SET NAMES x [COLLATE y], SET CHARACTER SET x, SET CHARSET x. */
function names(scan: StatementScan): void {
  if (scan.accept(Word.CHARACTER)) {
    if (scan.word !== Word.SET) scan.unsure('not-recognised');
  }
  scan.advance();
  const charset = scan.lexer.kind === Token.string ? (scan.plainString() ?? '') : scan.text();
  scan.effect({ kind: 'names', charset: charset.toLowerCase() });
  newCharset(scan, charset);
  toItemEnd(scan);
}

/** From `=` or `:=` to the end of the item; the text of the value when it is one literal or one bare word. */
function value(scan: StatementScan): string | undefined {
  if (scan.lexer.kind !== Byte.equals && scan.lexer.kind !== Token.assign) {
    scan.unsure('not-recognised');
    toItemEnd(scan);
    return undefined;
  }
  scan.watch.variables = VariableUse.read;
  scan.advance();
  const { start, kind: firstKind } = scan.lexer;
  const isSign = firstKind === Byte.minus || firstKind === 43;
  const isIntroducer = firstKind === Token.word && scan.lexer.bytes[start] === 95;
  let tokens = 0;
  let end = start;
  let lastKind = firstKind;
  while (!endsItem(scan)) {
    tokens++;
    end = scan.lexer.end;
    lastKind = scan.lexer.kind;
    scan.advance();
  }
  if (tokens === 0) scan.unsure('not-recognised');
  const single = tokens === 1 && (firstKind === Token.string || firstKind === Token.number || firstKind === Token.word);
  const pair =
    tokens === 2 && ((isSign && lastKind === Token.number) || (isIntroducer && (lastKind === Token.string || lastKind === Token.number)));
  return single || pair ? literalText(scan, start, end) : undefined;
}

/** Text of a literal, if it can be sent again exactly: ASCII, or valid utf8 of a utf8 client. */
function literalText(scan: StatementScan, start: number, end: number): string | undefined {
  if (scan.lexer.conditional) return undefined;
  const text = scan.text(start, end);
  if (scan.dialect.charset === 'ascii-safe') return text.includes('\ufffd') ? undefined : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is whether all is ASCII
  return /^[\x00-\x7f]*$/.test(text) ? text : undefined;
}

function toItemEnd(scan: StatementScan): void {
  while (!endsItem(scan)) scan.advance();
}

function endsItem(scan: StatementScan): boolean {
  return scan.atEnd || (scan.lexer.kind === Byte.comma && scan.depth === 0);
}
