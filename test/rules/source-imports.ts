import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { inRepository } from './repository.js';

/** One import of a source file, `import type` and `import()` included. */
export interface SourceImport {
  readonly file: string;
  /** As written. */
  readonly specifier: string;
  /** Path from the top of the repository for a relative import, else undefined. */
  readonly target: string | undefined;
}

/** Every import and re-export of a file, found in its text without comments. */
export function importsOf(file: string): readonly SourceImport[] {
  const text = readFileSync(inRepository(file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  const found = [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\s]+)\1/g)];
  return found.map(([, , specifier = '']) => ({
    file,
    specifier,
    target: specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined,
  }));
}

/** `src/net/listener.ts` is in the part `net`, `src/main.ts` in `main`. */
export function partOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.[jt]s$/, '');
}
