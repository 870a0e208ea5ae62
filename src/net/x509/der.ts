/**
 * As much DER (X.690) as an X.509 certificate needs: Node makes keys and signatures but writes no certificates. Every function gives one
 * whole value: tag, length, contents.
 */
export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  const bytes: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

export function set(...parts: readonly Buffer[]): Buffer {
  return der(0x31, ...parts);
}

export function utf8String(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

export function octetString(bytes: Buffer): Buffer {
  return der(0x04, bytes);
}

/** A string of bits. @param unused how many of the last byte's lower bits do not count */
export function bitString(bytes: Buffer, unused = 0): Buffer {
  return der(0x03, Buffer.from([unused]), bytes);
}

/** TRUE; FALSE is a default wherever certificates use it, and DER leaves defaults out. */
export const TRUE: Buffer = der(0x01, Buffer.from([0xff]));

/** A number that is not negative, big-endian. Leading zeros go; one comes back where the number would read as negative. */
export function integer(magnitude: Buffer): Buffer {
  let from = 0;
  while (from < magnitude.length - 1 && magnitude[from] === 0) from += 1;
  const digits = magnitude.subarray(from);
  if (digits.length === 0) return der(0x02, Buffer.from([0]));
  return der(0x02, ...((digits[0] as number) >= 0x80 ? [Buffer.from([0]), digits] : [digits]));
}

/** An object identifier, given with dots: `2.5.4.3`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128));
  return bytes;
}

/** A moment, to the second: UTCTime up to 2049 and GeneralizedTime from then on, as RFC 5280 4.1.2.5 wants it. */
export function time(moment: Date): Buffer {
  const digits = `${moment.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return moment.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

/** `[number]`, constructed: wraps whole values. */
export function explicit(number: number, ...parts: readonly Buffer[]): Buffer {
  return der(0xa0 | number, ...parts);
}

/** `[number]`, primitive: stands in place of the value's own tag. */
export function implicit(number: number, contents: Buffer): Buffer {
  return der(0x80 | number, contents);
}
