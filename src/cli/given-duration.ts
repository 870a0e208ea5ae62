import { type GivenOptions, UsageError } from './command.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** A duration such as `500ms`, `10s`, `2m` in milliseconds; undefined where it was not given. @throws UsageError */
export function givenDuration(options: GivenOptions, name: string): number | undefined {
  const text = options[name]?.[0];
  if (text === undefined) return undefined;
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (number === undefined || factor === undefined) throw new UsageError(`--${name} is a time with its unit, such as 500ms, 8s or 2m`);
  return Math.round(Number(number) * factor);
}
