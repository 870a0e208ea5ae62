import { readFileSync } from 'node:fs';
import t from 'tap';
import { filesUnder, inRepository } from './repository.js';

/** Small files can be read at once. The length of functions is biome's to watch. */
const MEDIAN_LINES = 120;
const LARGE_LINES = 450;

const sizes = filesUnder('src', '.ts')
  .map((file) => ({ file, lines: readFileSync(inRepository(file), 'utf8').trimEnd().split('\n').length }))
  .sort((a, b) => a.lines - b.lines);

const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
t.ok(median <= MEDIAN_LINES, `half of the files have at most ${MEDIAN_LINES} lines (the median is ${median})`);

const large = sizes.filter(({ lines }) => lines > LARGE_LINES);
t.ok(
  large.length <= sizes.length * 0.05,
  `95 of 100 files have at most ${LARGE_LINES} lines; more have ${large.map(({ file, lines }) => `${file} (${lines})`).join(', ') || 'none'}`,
);
