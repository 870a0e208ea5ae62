import { createHash, timingSafeEqual } from 'node:crypto';

/** What `authentication_string` of an account with caching_sha2_password or sha256_password says. */
interface StoredSha2 {
  readonly rounds: number;
  /** Seven-bit characters without `$` and NUL. */
  readonly salt: string;
  /** 43 characters of the alphabet below. */
  readonly hash: string;
}

/** Of `crypt`, not base64's. */
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CACHING = /^\$A\$([0-9A-F]{3})\$([^$\0]{20})([./0-9A-Za-z]{43})$/s;
const SHA256 = /^\$5\$(?:rounds=(\d{1,9})\$)?([^$\0]{1,20})\$([./0-9A-Za-z]{43})$/s;
const DEFAULT_ROUNDS = 5000;
/** A server allows up to 0xfff thousand for caching_sha2_password; each costs two microseconds of everybody's time. */
const MOST_ROUNDS = 0xfff * 1000;
/** No server takes a longer password with these plugins, and the work grows with it. */
const LONGEST_PASSWORD_BYTES = 256;

/** True for a text that `verifyStoredSha2` can check passwords against. */
export function isStoredSha2(stored: string): boolean {
  return parseStoredSha2(stored) !== undefined;
}

/**
 * True when `password` is the one `stored` was made of: `$A$005$SALTHASH` (caching_sha2_password, thousands of rounds in hex) or
 * `$5$SALT$HASH` (sha256_password). Takes about 10 ms of processor time for the usual 5,000 rounds, so what it said is worth remembering. False for a text that is neither.
 * The hash is Drepper's SHA-crypt, with a salt of 20 bytes instead of 16: https://www.akkadia.org/drepper/SHA-crypt.txt
 */
export function verifyStoredSha2(password: string, stored: string): boolean {
  const parsed = parseStoredSha2(stored);
  if (parsed === undefined) return false;
  const bytes = Buffer.from(password, 'utf8');
  if (bytes.length > LONGEST_PASSWORD_BYTES) return false;
  const hash = sha256Crypt(bytes, Buffer.from(parsed.salt, 'latin1'), parsed.rounds);
  return timingSafeEqual(Buffer.from(hash, 'latin1'), Buffer.from(parsed.hash, 'latin1'));
}

function parseStoredSha2(stored: string): StoredSha2 | undefined {
  const caching = CACHING.exec(stored);
  const found = caching ?? SHA256.exec(stored);
  if (found === null) return undefined;
  const [, count, salt = '', hash = ''] = found;
  const rounds = caching === null ? Number(count ?? DEFAULT_ROUNDS) : Number.parseInt(count ?? '', 16) * 1000;
  return rounds >= 1 && rounds <= MOST_ROUNDS ? { rounds, salt, hash } : undefined;
}

function sha256Crypt(password: Buffer, salt: Buffer, rounds: number): string {
  const other = sha256(password, salt, password);
  const first: Buffer[] = [password, salt, repeated(other, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) first.push((bits & 1) === 1 ? other : password);
  let digest = sha256(...first);
  const passwordPart = repeated(sha256(...new Array<Buffer>(password.length).fill(password)), password.length);
  const saltPart = repeated(sha256(...new Array<Buffer>(16 + (digest[0] as number)).fill(salt)), salt.length);
  for (let round = 0; round < rounds; round += 1) {
    const odd = (round & 1) === 1;
    const hash = createHash('sha256').update(odd ? passwordPart : digest);
    if (round % 3 !== 0) hash.update(saltPart);
    if (round % 7 !== 0) hash.update(passwordPart);
    digest = hash.update(odd ? digest : passwordPart).digest();
  }
  return cryptText(digest);
}

/** `block` again and again, `length` bytes of it. */
function repeated(block: Buffer, length: number): Buffer {
  return Buffer.alloc(length, block);
}

/** 32 bytes as crypt writes them: three a time, their order turned around as the specification has it. */
function cryptText(digest: Buffer): string {
  let text = '';
  for (let group = 0, [a, b, c] = [0, 10, 20]; group < 10; group += 1, [a, b, c] = [c + 1, a + 1, b + 1]) {
    text += sixBits(((digest[a] as number) << 16) | ((digest[b] as number) << 8) | (digest[c] as number), 4);
  }
  return text + sixBits(((digest[31] as number) << 8) | (digest[30] as number), 3);
}

function sixBits(value: number, characters: number): string {
  let text = '';
  for (let index = 0; index < characters; index += 1) text += ALPHABET[(value >> (6 * index)) & 0x3f];
  return text;
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
