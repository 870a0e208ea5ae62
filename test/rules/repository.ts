import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Top folder of the repository, from `.build/test/rules/` where this runs. */
const TOP = fileURLToPath(new URL('../../../', import.meta.url));

/** Absolute path of a file of the repository. */
export function inRepository(path: string): string {
  return join(TOP, path);
}

/** Paths (from the top) of all files under a folder whose names end in `ending`. */
export function filesUnder(folder: string, ending: string): readonly string[] {
  return readdirSync(inRepository(folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file}`)
    .sort();
}
