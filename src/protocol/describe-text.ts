/** Longest name or text in a description, in characters. */
const LONGEST = 80;

/** How text that may hold SQL literals or data (statements, error messages) is shown; its owner decides what to mask. */
export type ShowText = (text: Buffer) => string;

/** A name or text on one line, quoted and cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text);
}

/** Text that is shown only by the caller's wish; else its size. */
export function shown(text: Buffer, show: ShowText | undefined): string {
  return show === undefined ? `${text.length} bytes of text` : quote(show(text));
}
