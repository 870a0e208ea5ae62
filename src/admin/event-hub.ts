import { randomBytes } from 'node:crypto';

/** Something that happened, as `/api/v1/events` tells it. */
export interface AdminEvent {
  /** Of this process: a later process has others. */
  readonly id: string;
  /** One word: the same as in logs and metrics. */
  readonly type: string;
  readonly data: object;
}

/** So many are kept for listeners that reconnect. */
const KEPT = 256;

/** Passes on what happens. Whoever has something to tell publishes; `/api/v1/events` listens. */
export class EventHub {
  readonly #process = randomBytes(4).toString('hex');
  readonly #kept: AdminEvent[] = [];
  readonly #listeners = new Set<(event: AdminEvent) => void>();
  #count = 0;

  /** @param data becomes JSON; no secrets */
  publish(type: string, data: object): void {
    this.#count += 1;
    const event = { id: `${this.#process}-${this.#count}`, type, data };
    this.#kept.push(event);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** @returns ends the subscription */
  subscribe(listener: (event: AdminEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What has happened after the event of this id, as far as it is kept; nothing where the id is not of this process. */
  since(id: string | undefined): readonly AdminEvent[] {
    const at = this.#kept.findIndex((event) => event.id === id);
    return at < 0 ? [] : this.#kept.slice(at + 1);
  }
}
