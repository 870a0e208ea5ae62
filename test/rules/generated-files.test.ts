import { readFileSync } from 'node:fs';
import t from 'tap';
import { VERSION } from '../../src/config/version.js';
import { GENERATED } from './generated-files.js';
import { inRepository } from './repository.js';

for (const [path, text] of Object.entries(GENERATED)) {
  t.equal(readFileSync(inRepository(path), 'utf8'), text(), `${path} is up to date; npm run generate writes it`);
}

t.equal(VERSION, JSON.parse(readFileSync(inRepository('package.json'), 'utf8')).version, 'src/config/version.ts is that of package.json');
