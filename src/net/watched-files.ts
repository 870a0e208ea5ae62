import { stat } from 'node:fs/promises';

/** Between two looks. A change is passed on when it has stood still for one more look, so it takes effect after one to two of these. */
export const LOOK_MS = 1_000;

/**
 * Tells when files change, by looking at them: a rename over the file, a symbolic link that now leads elsewhere (as Kubernetes swaps a whole
 * folder), a network file system - all look the same here, where `fs.watch` would miss some of them. Several files that are written one
 * after the other count as one change.
 */
export class WatchedFiles {
  readonly #paths: readonly string[];
  readonly #changed: () => void;
  readonly #lookMs: number;
  #seen: string | undefined;
  #moving: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Begins at once; what the files are like at the first look is the state that counts as unchanged. Does not keep the process alive. */
  constructor(paths: readonly string[], changed: () => void, lookMs = LOOK_MS) {
    this.#paths = paths;
    this.#changed = changed;
    this.#lookMs = lookMs;
    if (paths.length > 0) void this.#look();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const now = (await Promise.all(this.#paths.map(fingerprint))).join('\n');
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#look(), this.#lookMs).unref();
    const settled = now === this.#moving;
    this.#moving = now;
    if (this.#seen === undefined) this.#seen = now;
    else if (now !== this.#seen && settled) {
      this.#seen = now;
      this.#changed();
    }
  }
}

/** What changes whenever the file a path leads to is another one or was written. */
async function fingerprint(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return `missing: ${(error as NodeJS.ErrnoException).code}`;
  }
}
