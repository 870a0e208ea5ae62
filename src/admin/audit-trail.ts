import type { Body } from './body-fields.js';
import type { EventHub } from './event-hub.js';

/** One use, or attempted use, of an action. */
export interface AuditEntry {
  readonly at: string;
  readonly action: string;
  /** Name of the token; null: it was not known who asked. */
  readonly actor: string | null;
  readonly from: string;
  /** What it was about: names in the path, members of the body. */
  readonly target: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  /** `refused`: the request was not in order or not allowed; `failed`: it could not be done. */
  readonly result: 'done' | 'refused' | 'failed';
  readonly status: number;
  /** `PM_…` of what went wrong. */
  readonly code: string | null;
  readonly tookMs: number;
}

/** So many entries are kept for the API; the log has them all. */
const KEPT = 200;

/** Every action through the admin address: one log line, one event, and the last ones for the API. */
export class AuditTrail {
  readonly #entries: AuditEntry[] = [];
  readonly #log: { info(fields: object, message: string): void };
  readonly #events: EventHub;

  constructor(log: { info(fields: object, message: string): void }, events: EventHub) {
    this.#log = log;
    this.#events = events;
  }

  add(entry: AuditEntry): void {
    this.#entries.unshift(entry);
    if (this.#entries.length > KEPT) this.#entries.pop();
    const { at: _at, ...fields } = entry;
    const who = entry.actor === null ? 'somebody unknown' : entry.actor;
    this.#log.info({ event: 'audit', ...fields }, `audit: ${who} asked for ${entry.action}: ${entry.result}`);
    this.#events.publish('audit', entry);
  }

  /** Newest first. */
  get entries(): readonly AuditEntry[] {
    return this.#entries;
  }
}

/** Members of a body as they may be written down. */
export function maskedBody(body: Body, secretFields: readonly string[]): Record<string, unknown> {
  const { dryRun: _dryRun, ...shown } = body;
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, secretFields.includes(name) ? '***' : value]));
}
