/** The servers take blanks and `;` off the end of a text before they read it. Returns the new end. */
export function serverEnd(sql: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start) {
    const byte = sql[at - 1] as number;
    if (byte !== 59 && byte !== 32 && (byte < 9 || byte > 13)) break;
    at--;
  }
  return at;
}
