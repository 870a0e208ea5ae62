import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { inRepository } from './repository.js';

/** src/README.md leads a newcomer along a query's and a failover's way, file by file: each must be there. */
const guide = inRepository('src/README.md');
const skip = existsSync(guide) ? false : 'there is no src/README.md yet';

t.test('the two ways through the house', { skip }, async (t) => {
  const text = readFileSync(guide, 'utf8');
  for (const [title, fewest] of [
    ["A query's way", 6],
    ["A failover's way", 5],
  ] as const) {
    const section = new RegExp(`^#+ ${title}[^\\n]*\\n([\\s\\S]*?)(?=^#|(?![\\s\\S]))`, 'im').exec(text)?.[1] ?? '';
    const files = [...new Set(section.match(/\b[a-z][\w-]*(?:\/[\w-]+)+(?:\.ts)?/g) ?? [])];
    t.ok(files.length >= fewest, `${title} names at least ${fewest} files`);
    for (const file of files)
      t.ok(existsSync(inRepository(`src/${file.replace(/^src\//, '').replace(/\.ts$/, '')}.ts`)), `${title}: ${file}`);
  }
});
