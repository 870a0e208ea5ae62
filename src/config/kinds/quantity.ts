import { describeNode, type JsonNode } from '../json/node.js';
import type { KeyPath } from '../problem.js';
import { type JsonSchema, type Kind, orReference, type Report, shown, type Unit } from './kind.js';

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

/** A time such as `500ms`, `10s`, `1.5m`, `1h`, `1d`, from `lowest` to `highest` (written the same way); yields milliseconds. */
export function duration(lowest: string, highest: string): Kind<number, 'Ms'> {
  return quantity('Ms', 'a duration', '"500ms", "10s", "5m", "1h"', DURATION_UNITS, lowest, highest);
}

/** A size such as `512KiB`, `16MiB`, `1GiB` (KB, MB, GB are powers of ten), from `lowest` to `highest`; yields bytes. */
export function size(lowest: string, highest: string): Kind<number, 'Bytes'> {
  return quantity('Bytes', 'a size', '"64KiB", "16MiB", "1GiB"', SIZE_UNITS, lowest, highest);
}

function quantity<U extends Unit>(
  unit: U,
  noun: string,
  examples: string,
  units: Readonly<Record<string, number>>,
  lowestText: string,
  highestText: string,
): Kind<number, U> {
  const form = new RegExp(`^(\\d+(?:\\.\\d+)?)\\s*(${Object.keys(units).join('|')})$`);
  const parse = (value: string): number | undefined => {
    const parts = form.exec(value);
    const factor = units[parts?.[2] ?? ''];
    return parts === null || factor === undefined ? undefined : Math.round(Number(parts[1]) * factor);
  };
  const lowest = parse(lowestText) as number;
  const highest = parse(highestText) as number;
  return {
    unit,
    text: `${noun.replace(/^an? /, '')}, ${lowestText} to ${highestText}`,
    read(node: JsonNode, path: KeyPath, report: Report): number | undefined {
      const value = node.kind === 'string' ? parse(node.value) : undefined;
      if (value === undefined) {
        const instead = node.kind === 'string' ? shown(node) : describeNode(node);
        report(path, `${noun} is text with its unit, such as ${examples}, not ${instead}`, node);
      } else if (value < lowest || value > highest) report(path, `must be from ${lowestText} to ${highestText}`, node);
      else return value;
      return undefined;
    },
    schema(): JsonSchema {
      return orReference({ type: 'string', pattern: form.source });
    },
  };
}
