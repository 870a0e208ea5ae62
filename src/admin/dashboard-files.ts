import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { getAsset, isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** In a checkout among the sources (what lies in `dist` may be older), else beside this file, where the build has put them. */
const FOLDERS = ['../../src/admin/dashboard/', '../../../src/admin/dashboard/', './dashboard/'];

/** A file of the page as it is sent. */
export class DashboardFile {
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly etag: string;
  #zipped: Buffer | undefined;

  constructor(contentType: string, bytes: Buffer) {
    this.contentType = contentType;
    this.bytes = bytes;
    this.etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  }

  /** Made when first asked for: most processes never show their page. */
  get zipped(): Buffer {
    this.#zipped ??= gzipSync(this.bytes, { level: 9 });
    return this.#zipped;
  }
}

/** The page's files by their path below `dashboard/`; empty: this installation has none. */
export function readDashboard(): ReadonlyMap<string, DashboardFile> {
  const files = new Map<string, DashboardFile>();
  const add = (name: string, read: () => Buffer) => {
    const contentType = TYPES[extname(name)];
    if (contentType !== undefined) files.set(name.replaceAll('\\', '/'), new DashboardFile(contentType, read()));
  };
  if (isSea()) {
    // One asset for all of them (config/single-executable): Node 20 cannot list assets.
    const packed = JSON.parse(getAsset('dashboard.json', 'utf8')) as Readonly<Record<string, string>>;
    for (const [name, text] of Object.entries(packed)) add(name, () => Buffer.from(text));
    return files;
  }
  const folder = FOLDERS.map((each) => fileURLToPath(new URL(each, import.meta.url))).find((each) => existsSync(join(each, 'index.html')));
  if (folder === undefined) return files;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    add(name, () => readFileSync(join(folder, name)));
  }
  return files;
}
