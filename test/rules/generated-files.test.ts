import { readFileSync } from 'node:fs';
import t from 'tap';
import { GENERATED } from './generated-files.js';
import { inRepository } from './repository.js';

for (const [path, text] of Object.entries(GENERATED)) {
  t.equal(readFileSync(inRepository(path), 'utf8'), text(), `${path} is up to date; npm run generate writes it`);
}
