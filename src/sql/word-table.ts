import { KNOWN_CALLS } from './known-calls.js';
import { FIRST_CALL_ID, Word } from './words.js';

/**
 * Byte -> the byte folded to upper case when it can stand in an unquoted name, 0 when it ends one, 1 when it is 0x80 or more and the
 * character set decides.
 */
export const NAME_BYTE: Uint8Array = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const text = String.fromCharCode(byte);
  if (byte >= 0x80) NAME_BYTE[byte] = 1;
  else if (/[A-Za-z0-9_$]/.test(text)) NAME_BYTE[byte] = text.toUpperCase().charCodeAt(0);
}

/** The hash the lexer computes while it reads a name: start 0, then this for each folded byte. */
export const HASH_FACTOR = 31;

const SLOTS = 4096;
/** How each id is spelled, upper case. */
const spelling = new Map<number, string>();
const slotId: Int32Array = new Int32Array(SLOTS);
const slotHash: Int32Array = new Int32Array(SLOTS);
/** Where the slot's spelling begins in `letters`, and how long it is. */
const slotStart: Int32Array = new Int32Array(SLOTS);
const slotLength: Int32Array = new Int32Array(SLOTS);
const letters: Uint8Array = new Uint8Array(16_384);
let lettersUsed = 0;

function enter(name: string, id: number): void {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, HASH_FACTOR) + name.charCodeAt(i)) | 0;
  let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  while (slotId[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
  slotId[slot] = id;
  slotHash[slot] = hash;
  slotStart[slot] = lettersUsed;
  slotLength[slot] = name.length;
  for (let i = 0; i < name.length; i++) letters[lettersUsed++] = name.charCodeAt(i);
  spelling.set(id, name);
}

for (const [name, id] of Object.entries(Word)) enter(name, id);

/** What `known-calls` says about a name followed by `(`; index is the word's id, 0 = nothing known. */
export const CALL_OF_WORD: Int32Array = new Int32Array(2048);
{
  let next: number = FIRST_CALL_ID;
  for (const [name, call] of KNOWN_CALLS) {
    const id = (Word as Readonly<Record<string, number>>)[name] ?? next++;
    if (id >= FIRST_CALL_ID) enter(name, id);
    CALL_OF_WORD[id] = call;
  }
}

/** Id of the name in `bytes[start..end)`, whose hash is `hash`; 0 when we do not know it. */
export function wordId(bytes: Uint8Array, start: number, end: number, hash: number): number {
  for (let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
    const id = slotId[slot] as number;
    if (id === 0) return 0;
    if (slotHash[slot] === hash && isSpelled(bytes, start, end - start, slot)) return id;
  }
}

function isSpelled(bytes: Uint8Array, start: number, length: number, slot: number): boolean {
  if (slotLength[slot] !== length) return false;
  const first = slotStart[slot] as number;
  for (let i = 0; i < length; i++) if (NAME_BYTE[bytes[start + i] as number] !== letters[first + i]) return false;
  return true;
}

/** Id of a quoted name's inside, compared like a keyword. */
export function wordIdOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) {
    const folded = NAME_BYTE[bytes[at] as number] as number;
    if (folded <= 1) return 0;
    hash = (Math.imul(hash, HASH_FACTOR) + folded) | 0;
  }
  return wordId(bytes, start, end, hash);
}

/** The upper-case spelling of a word's id; '' for 0. For explanations and tests. */
export function spellingOf(id: number): string {
  return spelling.get(id) ?? '';
}
