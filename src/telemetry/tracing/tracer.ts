import { randomBytes } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { otlpJson, type Span } from './span.js';
import type { TraceParent } from './trace-parent.js';

export interface TracerOptions {
  /** `http://collector:4318/v1/traces` */
  readonly endpoint: string;
  /** Of statements without a sampled parent one in so many; 0: none. */
  readonly sampleEvery: number;
  readonly service: string;
  readonly version: string;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
  /** Told, at most once a minute, why spans were lost. */
  readonly trouble: (reason: string) => void;
}

/** Spans that wait; further ones are lost and counted. */
const MOST_WAITING = 4_096;
const MOST_IN_BATCH = 512;
const SEND_EVERY_MS = 1_000;
const SEND_TIMEOUT_MS = 5_000;
const COMPLAIN_EVERY_MS = 60_000;

/** Gathers spans and sends them to a collector; bounded in memory, and nobody ever waits for it. */
export class Tracer {
  readonly #options: TracerOptions;
  /** As `TracerOptions`; may change at any time. */
  sampleEvery: number;
  readonly #waiting: Span[] = [];
  #statements = 0;
  #sending = false;
  #lost = 0;
  #complainedAtMs = Number.NEGATIVE_INFINITY;
  readonly #timer: NodeJS.Timeout;

  constructor(options: TracerOptions) {
    this.#options = options;
    this.sampleEvery = options.sampleEvery;
    this.#timer = setInterval(() => void this.#send(), SEND_EVERY_MS).unref();
  }

  /** Whether this statement gets a span: as its parent says, else one in `sampleEvery`. */
  samples(parent: TraceParent | undefined): boolean {
    if (parent !== undefined) return parent.sampled;
    if (this.sampleEvery === 0) return false;
    this.#statements = (this.#statements + 1) % this.sampleEvery;
    return this.#statements === 0;
  }

  record(parent: TraceParent | undefined, span: Omit<Span, 'traceId' | 'spanId' | 'parentSpanId'>): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#lost += 1;
      return this.#complain('more spans than the collector takes');
    }
    const traceId = parent?.traceId ?? randomBytes(16).toString('hex');
    this.#waiting.push({ ...span, traceId, spanId: randomBytes(8).toString('hex'), parentSpanId: parent?.spanId });
  }

  /** Sends what waits, and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#send();
  }

  async #send(): Promise<void> {
    if (this.#sending || this.#waiting.length === 0) return;
    this.#sending = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_IN_BATCH);
      const reason = await this.#post(otlpJson(batch, this.#options.service, this.#options.version));
      if (reason === undefined) continue;
      this.#lost += batch.length;
      this.#complain(reason);
      break;
    }
    this.#sending = false;
  }

  /** @returns why it could not be done */
  #post(body: string): Promise<string | undefined> {
    const { endpoint, authorization } = this.#options;
    const url = new URL(endpoint);
    const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) };
    return new Promise((resolve) => {
      const send = url.protocol === 'https:' ? requestHttps : requestHttp;
      const sent = send(url, { method: 'POST', headers, timeout: SEND_TIMEOUT_MS }, (response) => {
        response.resume();
        response.on('end', () => resolve((response.statusCode ?? 0) < 300 ? undefined : `the collector answered ${response.statusCode}`));
        response.on('error', (error) => resolve(error.message));
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer in ${SEND_TIMEOUT_MS / 1000} s`)));
      sent.on('error', (error) => resolve(error.message));
      sent.end(body);
    });
  }

  #complain(reason: string): void {
    const now = performance.now();
    if (now - this.#complainedAtMs < COMPLAIN_EVERY_MS) return;
    this.#complainedAtMs = now;
    this.#options.trouble(`${this.#lost} spans were lost: ${reason}`);
  }
}
