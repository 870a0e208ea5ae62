import { readFileSync } from 'node:fs';
import { getAsset, isSea } from 'node:sea';

/** The package's version. */
export const VERSION: string = readVersion();

function readVersion(): string {
  if (isSea()) return (JSON.parse(getAsset('package.json', 'utf8')) as { version: string }).version;
  // dist/app and src/app lie equally deep; the tests' build is one folder deeper.
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { name?: string; version?: string };
      if (name === 'pointsman' && version !== undefined) return version;
    } catch {
      // Not there: the next one.
    }
  }
  return '0.0.0';
}
