import type { AdminContext } from './admin-route.js';
import { statusReport } from './status-report.js';

const EVERY_MS = 1_000;

/** Makes the status once per second for all who listen; while nobody does, nothing is done. */
export class LiveStatus {
  readonly #context: AdminContext;
  readonly #listeners = new Set<(json: string) => void>();
  #timer: NodeJS.Timeout | undefined;
  #making = false;

  constructor(context: AdminContext) {
    this.#context = context;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** @returns ends the subscription */
  subscribe(listener: (json: string) => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => void this.#tell(), EVERY_MS).unref();
    void this.#tell();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  async #tell(): Promise<void> {
    // A worker that is slow to answer must not make the next question overtake it.
    if (this.#making) return;
    this.#making = true;
    const { log } = this.#context;
    try {
      const json = JSON.stringify(await statusReport(this.#context), (_key, member) =>
        typeof member === 'bigint' ? String(member) : member,
      );
      for (const listener of this.#listeners) listener(json);
    } catch (error) {
      log.error({ error }, 'the status for /api/v1/events could not be made');
    }
    this.#making = false;
  }
}
