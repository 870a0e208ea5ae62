import { NAME_BYTE } from './word-table.js';

/** Whether SET_VAR stands in `bytes[start..end)`, in capitals or not. */
export function hasSetVar(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at + 7 <= end; at++) {
    let i = 0;
    while (i < 7 && NAME_BYTE[bytes[at + i] as number] === 'SET_VAR'.charCodeAt(i)) i++;
    if (i === 7) return true;
  }
  return false;
}

/** Where the comment whose inside begins at `from` ends, behind its mark; -1 when it does not. */
export function commentEnd(bytes: Uint8Array, from: number, limit: number, nestingAllowed: number): number {
  let depth = 1;
  for (let at = from; at + 1 < limit; at++) {
    const byte = bytes[at];
    if (byte === 42 && bytes[at + 1] === 47) {
      if (--depth === 0) return at + 2;
      at++;
    } else if (byte === 47 && bytes[at + 1] === 42 && depth <= nestingAllowed) {
      depth++;
      at++;
    }
  }
  return -1;
}

/** Whether `bytes[start..end)` may be read in another way under another sql_mode, or another character set of the client. */
export function readsTwoWays(bytes: Uint8Array, start: number, end: number, mode: boolean, charset: boolean): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if ((mode && (byte === 34 || byte === 92)) || (charset && byte >= 0x80)) return true;
  }
  return false;
}

/** At `--` followed by a blank, a control byte, or the end. */
export function beginsLineComment(bytes: Uint8Array, at: number, limit: number): boolean {
  if (bytes[at + 1] !== 45 || at + 1 >= limit) return false;
  if (at + 2 >= limit) return true;
  const third = bytes[at + 2] as number;
  return third <= 32 || third === 127;
}
