/** What the Node programs of the matrix share: runs the scenarios named in the environment and prints a line for each. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

const SCENARIO_LIMIT_MS = 40_000;

export const env = process.env;
export const TEXT = 'Größe 漢字 😀 עברית é \' " \\ % end';
export const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
export const LARGE_BYTES = 20 * 1024 * 1024;

/** Thrown by a scenario that this client cannot do, with the reason. */
export class Skip extends Error {}

/** 20 MiB that no compression and no repetition makes easy to get wrong by a whole block. */
export function largeBlob() {
  const blob = Buffer.alloc(LARGE_BYTES);
  for (let i = 0; i < blob.length; i += 4) blob.writeUInt32LE((Math.imul(i, 2654435761) ^ (i >>> 3)) >>> 0, i);
  return blob;
}

export const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');

/** A value as text, the same for the same value: dates as ISO, bytes as hex. */
export function show(value) {
  return JSON.stringify(value, function replace(key, given) {
    const raw = this[key];
    if (Buffer.isBuffer(raw)) return `hex:${raw.toString('hex')}`;
    if (raw instanceof Date) return `date:${raw.toISOString()}`;
    return typeof given === 'bigint' ? `${given}n` : given;
  });
}

export function same(actual, expected, what) {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what}: ${show(actual)} instead of ${show(expected)}`);
}

/** The error's number, SQLSTATE and text; an error is what must come. */
export async function errorOf(promise, read = (error) => `${error.errno} ${error.sqlState} ${error.sqlMessage ?? error.message}`) {
  let error;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) throw new Error('no error came');
  return read(error);
}

/** The values of row 1 of every_type, as parameters. */
export const EVERY_TYPE = {
  c_tinyint: -128,
  c_utinyint: 255,
  c_smallint: -32768,
  c_mediumint: -8388608,
  c_int: -2147483648,
  c_uint: 4294967295,
  c_bigint: '-9223372036854775808',
  c_ubigint: '18446744073709551615',
  c_decimal: '-12345678901234567890.0123456789',
  c_float: -1.5,
  c_double: 1e100,
  c_date: '2024-02-29',
  c_time: '-123:59:58.654321',
  c_datetime: '2024-02-29 23:59:58.123456',
  c_timestamp: '2001-09-09 01:46:40.500',
  c_year: 2155,
  c_char: 'ten',
  c_varchar: 'Größe 漢字 😀',
  c_binary: Buffer.from('00ff0a27', 'hex'),
  c_varbinary: Buffer.from('00fffe5c27220d0a1a', 'hex'),
  c_blob: Buffer.from('ffd8ffe000104a46', 'hex'),
  c_text: 'it\'s \\ a "text"',
  c_enum: 'größer',
  c_set: 'x,z',
  c_json: '{"a": [1, null, "ä"]}',
  c_bit: 2730,
  c_null: null,
};

/** @param {string} version @param {Record<string, () => Promise<unknown>>} scenarios */
export async function runScenarios(version, scenarios) {
  console.log(`version ${version}`);
  for (const name of env.SCENARIOS.split(',')) {
    const line = (status, detail) => console.log(`${status} ${name}: ${String(detail ?? '').replaceAll(/\s+/g, ' ')}`);
    const work = scenarios[name];
    if (work === undefined || typeof work === 'string') {
      line('skip', work ?? 'not a thing of this client');
      continue;
    }
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end in ${SCENARIO_LIMIT_MS / 1000} s`)), SCENARIO_LIMIT_MS);
    });
    try {
      line('ok', await Promise.race([work(), late]));
    } catch (error) {
      if (error instanceof Skip) line('skip', error.message);
      else line('not ok', `${error.errno ?? ''} ${error.message}`);
    } finally {
      clearTimeout(timer);
    }
  }
  process.exit(0);
}
