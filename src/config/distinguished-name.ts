/** Attributes of a certificate's subject, as written: `['CN', 'app']`. Types are in lower case. */
export type SubjectAttributes = readonly (readonly [type: string, value: string])[];

/** Other names of types, as tools write them; the right side is OpenSSL's short name in lower case. */
const ALIASES: Readonly<Record<string, string>> = { e: 'emailaddress', email: 'emailaddress', s: 'st', commonname: 'cn' };

/**
 * Reads the name of a certificate's subject: `CN=app,O=Example` (RFC 2253, with `\` before a comma that belongs to the value), or
 * `/O=Example/CN=app` as `REQUIRE SUBJECT` of MySQL has it.
 * @returns what is wrong, where it is none
 */
export function parseDistinguishedName(text: string): SubjectAttributes | string {
  const slashes = text.startsWith('/');
  const parts = slashes ? text.slice(1).split('/') : splitUnescaped(text);
  const attributes: [string, string][] = [];
  for (const part of parts) {
    const equals = part.indexOf('=');
    const type = part.slice(0, Math.max(0, equals)).trim().toLowerCase();
    if (!/^[a-z][a-z0-9-]*$|^\d+(\.\d+)+$/.test(type)) {
      return `"${part.trim()}" is no attribute of a name; write a subject such as CN=app,O=Example (and \\, for a comma inside a value)`;
    }
    const value = slashes ? part.slice(equals + 1) : unescaped(part.slice(equals + 1).trim());
    if (value === undefined) return `the value of ${type} is written as # and numbers, or ends in a single \\; write it as text`;
    if (value === '') return `the attribute ${type} has no value`;
    attributes.push([ALIASES[type] ?? type, value]);
  }
  return attributes;
}

/** At commas, and plus signs (several attributes at one level), that no backslash or quotes protect. */
function splitUnescaped(text: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') quoted = !quoted;
    else if (!quoted && (text[at] === ',' || text[at] === '+')) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/** The value that RFC 4514 2.4 escaped; undefined for what is no text. */
function unescaped(value: string): string | undefined {
  if (value.startsWith('#')) return undefined;
  const inner = /^".*"$/s.test(value) && value.length > 1 ? value.slice(1, -1) : value;
  const bytes: Buffer[] = [];
  for (let at = 0; at < inner.length; at += 1) {
    if (inner[at] !== '\\') {
      const whole = String.fromCodePoint(inner.codePointAt(at) as number);
      bytes.push(Buffer.from(whole));
      at += whole.length - 1;
      continue;
    }
    const hex = /^[0-9a-fA-F]{2}/.exec(inner.slice(at + 1, at + 3))?.[0];
    if (hex === undefined && at + 1 >= inner.length) return undefined;
    bytes.push(hex === undefined ? Buffer.from(inner[at + 1] as string) : Buffer.from(hex, 'hex'));
    at += hex === undefined ? 1 : 2;
  }
  return Buffer.concat(bytes).toString();
}
