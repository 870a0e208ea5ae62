import type { StatementScan } from './statement-scan.js';
import { Token } from './token.js';
import { Word } from './words.js';

/** Words that open a block which `END` closes, wherever a statement may stand. */
const isOpener = (word: number): boolean =>
  word === Word.BEGIN || word === Word.CASE || word === Word.LOOP || word === Word.WHILE || word === Word.REPEAT;

/** After END they say what ended: `END IF`, `END LOOP`. */
const isEnded = (word: number): boolean => isOpener(word) || word === Word.IF || word === Word.FOR;

/**
 * A compound statement outside a routine (BEGIN NOT ATOMIC, IF, LOOP ... of MariaDB). Nothing is known about what it does.
 * @param depth blocks already open before the present token
 */
export function programStatement(scan: StatementScan, depth: number): void {
  scan.is('call');
  scan.unsure('compound');
  programBody(scan, depth, true);
}

/**
 * Passes over a routine's body, so that the `;` inside its blocks do not end the statement. Reads none of it as code.
 * @param openBlocks blocks already open before the present token
 * @param atStatement a statement of the body begins at the present token
 */
export function programBody(scan: StatementScan, openBlocks: number, atStatement = false): void {
  let blocks = openBlocks;
  let startsStatement = atStatement;
  while (scan.lexer.kind !== Token.end) {
    const { kind, word } = scan.lexer;
    if (kind === 59) {
      if (blocks === 0) return;
      startsStatement = true;
    } else if (kind === Token.word) {
      const wasEnd = scan.previousKind === Token.word && scan.previousWord === Word.END;
      if (word === Word.END && blocks > 0) blocks--;
      else if (wasEnd && isEnded(word)) {
        // belongs to END
      } else if (isOpener(word) ? opens(scan, word) : startsStatement && (word === Word.IF || word === Word.FOR)) blocks++;
      startsStatement =
        word === Word.THEN ||
        word === Word.ELSE ||
        word === Word.DO ||
        word === Word.LOOP ||
        word === Word.REPEAT ||
        word === Word.BEGIN ||
        word === Word.ROW;
    } else startsStatement = kind === 58 || kind === 41;
    scan.skip();
  }
  if (blocks !== 0) scan.unsure('compound');
}

/** `REPEAT(` is a function, and a column may be called `begin`. */
function opens(scan: StatementScan, word: number): boolean {
  if (word !== Word.REPEAT) return true;
  const { bytes, end } = scan.lexer;
  return bytes[end] !== 40;
}
