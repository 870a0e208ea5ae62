const COLORS: Readonly<Record<string, string>> = { debug: '\u001b[90m', info: '\u001b[32m', warn: '\u001b[33m', error: '\u001b[31m' };
const DIM = '\u001b[90m';
const RESET = '\u001b[0m';

/** Fields that have a place of their own in the line, or none. */
const PLACED = new Set(['level', 'time', 'pid', 'message', 'error']);

/**
 * A JSON log line for people: local time, level, message, then `key=value`. What is not JSON is passed as it is.
 * Control characters from outside (a server's error text) come out escaped, so that nobody can forge a line or move the cursor.
 */
export function prettyLine(jsonLine: string, colors: boolean): string {
  const fields = parse(jsonLine);
  if (fields === undefined) return jsonLine;
  const paint = (color: string, text: string) => (colors ? color + text + RESET : text);
  const level = String(fields['level'] ?? 'info');
  const time = localTime(String(fields['time'] ?? ''));
  const rest = Object.entries(fields)
    .filter(([key]) => !PLACED.has(key))
    .map(([key, value]) => ` ${paint(DIM, `${key}=`)}${shown(value)}`)
    .join('');
  const head = `${paint(DIM, time)} ${paint(COLORS[level] ?? '', level.toUpperCase().padEnd(5))} ${escapeControls(String(fields['message'] ?? ''))}`;
  return `${head}${rest}\n${errorLines(fields['error'])}`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '--:--:--.---';
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return /^[\x21-\x7e]+$/.test(value) && !/["'=]/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? '';
}

function errorLines(error: unknown): string {
  if (error === undefined) return '';
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : shown(error);
  return stack
    .split('\n')
    .map((line) => `    ${escapeControls(line)}\n`)
    .join('');
}

function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
