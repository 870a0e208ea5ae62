import { readFileSync } from 'node:fs';
import t from 'tap';
import { referenceKeys } from '../../src/config/generate/walk.js';
import { rootSection } from '../../src/config/schema.js';
import { filesUnder, inRepository } from './repository.js';

/** A key that nothing reads would be a silent no-op. This sees only names, so it finds what was forgotten, not what is done wrongly. */
const sources = filesUnder('src', '.ts').filter((file) => !/^src\/(config|cli)\//.test(file));
const text = sources.map((file) => readFileSync(inRepository(file), 'utf8')).join('\n');

for (const { path, key } of referenceKeys(rootSection.keys)) {
  if (path === '$schema') continue;
  const name = path.split('.').at(-1)?.replace(/\[\]$/, '') ?? '';
  const property = key.kind.unit === 'Bytes' && name.endsWith('Bytes') ? name : name + key.kind.unit;
  t.match(text, new RegExp(`\\b${property}\\b`), `${path} is read somewhere`);
}
