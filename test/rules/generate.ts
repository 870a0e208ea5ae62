import { writeFileSync } from 'node:fs';
import { GENERATED } from './generated-files.js';
import { inRepository } from './repository.js';

for (const [path, text] of Object.entries(GENERATED)) writeFileSync(inRepository(path), text());
