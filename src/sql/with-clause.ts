import { Byte, Token } from './token.js';
import { Word } from './words.js';

/** Where in `WITH [RECURSIVE] name [(columns)] AS (...), name ...` the next token stands. */
const Place = { outside: 0, behindWith: 1, behindFirstName: 2, behindComma: 3 } as const;

/** Follows WITH clauses, nested ones too, so that `name (columns)` is not taken for a call and the verb behind the list is found. */
export class WithClause {
  /** The token given last is the name of a common table expression. */
  isName = false;
  /** `see` wants the next token. */
  listening = false;
  private place: number = Place.outside;
  /** Parenthesis depths of the clauses that are open, innermost last. */
  private readonly depths: number[] = [];

  /** At the word WITH. It may still be WITH ROLLUP and the like. */
  begin(): void {
    this.place = Place.behindWith;
    this.listening = true;
  }

  clear(): void {
    if (!this.listening) return;
    this.depths.length = 0;
    this.place = Place.outside;
    this.listening = false;
    this.isName = false;
  }

  /**
   * For each token behind `begin`, while `listening`.
   * @param depth open parentheses, this token counted
   * @returns true when the token is the verb for which the clause was written
   */
  see(kind: number, word: number, depth: number, previousKind: number): boolean {
    this.isName = false;
    if (this.place !== Place.outside) {
      this.seePlace(kind, word, depth);
      if (this.isName) return false;
    }
    const isVerb = this.seeList(kind, word, depth, previousKind);
    this.listening = this.place !== Place.outside || this.depths.length > 0;
    return isVerb;
  }

  private seePlace(kind: number, word: number, depth: number): void {
    const place = this.place;
    if (place === Place.behindFirstName) {
      this.place = Place.outside;
      if (word === Word.AS) this.depths.push(depth);
      else if (kind === Byte.open) this.depths.push(depth - 1);
    } else if (word !== Word.RECURSIVE || place === Place.behindComma) {
      this.isName = kind === Token.word || kind === Token.quoted;
      this.place = place === Place.behindWith && this.isName ? Place.behindFirstName : Place.outside;
    }
  }

  private seeList(kind: number, word: number, depth: number, previousKind: number): boolean {
    const top = this.depths[this.depths.length - 1];
    if (top === undefined) return false;
    if (depth < top) this.depths.pop();
    else if (kind === Byte.comma && depth === top && previousKind === Byte.close) this.place = Place.behindComma;
    else if (kind === Byte.open && depth - 1 === top && previousKind === Byte.close) this.depths.pop();
    else if (depth === top && isVerb(word)) {
      this.depths.pop();
      return true;
    }
    return false;
  }
}

function isVerb(word: number): boolean {
  return word >= Word.SELECT && word <= Word.TABLE && word !== Word.WITH;
}
