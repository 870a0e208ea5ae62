import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Account, MonitorCertificates } from '../options.js';

/** Between two rounds over all endpoints, which stay silent while etcd elects a leader. */
const roundPauseMs = 50;
/** No answer of ours is anywhere near this long. */
const maxAnswerBytes = 1024 * 1024;

export interface EtcdEndpoints {
  /** `http://host:port` or `https://host:port`, of one etcd cluster. */
  readonly endpoints: readonly string[];
  readonly account?: Account | undefined;
  /** For https: authorities and our certificate. Asked for when a connection is made, because files change. */
  readonly certificates?: (() => MonitorCertificates) | undefined;
}

/** etcd answered with an error, or (`status` 0) no endpoint did. */
export class EtcdError extends Error {
  readonly code = 'PM_HEALTH_ETCD';
  /** HTTP status; 0: no answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Speaks etcd's v3 API through its JSON gateway (https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/). One question at a time per call. */
export class EtcdClient {
  readonly #options: EtcdEndpoints;
  readonly #attemptMs: number;
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });
  /** Index of the endpoint that answered last. */
  #current = 0;
  #token: string | undefined;

  /** @param attemptMs longest wait for one endpoint */
  constructor(options: EtcdEndpoints, attemptMs: number) {
    this.#options = options;
    this.#attemptMs = attemptMs;
  }

  /**
   * Asks one endpoint after the other, and again, until one answers. What is asked must do no harm when it happens twice.
   * @param path such as `/v3/kv/txn`
   * @throws EtcdError when etcd refuses, or nobody has answered within `budgetMs`
   */
  async ask(path: string, body: object, budgetMs: number): Promise<Readonly<Record<string, unknown>>> {
    const untilMs = performance.now() + budgetMs;
    if (this.#options.account !== undefined && this.#token === undefined) await this.#login(this.#options.account, untilMs);
    const answer = await this.#rounds(path, body, untilMs);
    if (!isStaleToken(answer) || this.#options.account === undefined) return this.#settled(path, answer);
    await this.#login(this.#options.account, untilMs);
    return this.#settled(path, await this.#rounds(path, body, untilMs));
  }

  /** One answer of one endpoint, for who wants to know how each is. */
  async askOne(endpoint: string, path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
    const untilMs = performance.now() + this.#attemptMs;
    if (this.#options.account !== undefined && this.#token === undefined) await this.#login(this.#options.account, untilMs);
    return this.#settled(path, await this.#once(endpoint, path, body, this.#attemptMs));
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #login({ user, password }: Account, untilMs: number): Promise<void> {
    this.#token = undefined;
    const answer = await this.#rounds('/v3/auth/authenticate', { name: user, password }, untilMs);
    const { token } = this.#settled('/v3/auth/authenticate', answer);
    this.#token = String(token);
  }

  #settled(path: string, { status, body }: Answer): Readonly<Record<string, unknown>> {
    if (status === 200 && body['error'] === undefined) return body;
    throw new EtcdError(`etcd refuses ${path}: ${errorText(body)} (HTTP ${status})`, status);
  }

  async #rounds(path: string, body: object, untilMs: number): Promise<Answer> {
    const { endpoints } = this.#options;
    const failures = new Map<string, string>();
    for (;;) {
      for (let step = 0; step < endpoints.length; step += 1) {
        const index = (this.#current + step) % endpoints.length;
        const endpoint = endpoints[index] ?? '';
        const leftMs = untilMs - performance.now();
        if (leftMs <= 0) throw unreachable(failures);
        try {
          const answer = await this.#once(endpoint, path, body, Math.min(this.#attemptMs, leftMs));
          if (!isUnavailable(answer)) {
            this.#current = index;
            return answer;
          }
          failures.set(endpoint, errorText(answer.body));
        } catch (error) {
          // A last attempt that was cut short says less than the one before it.
          if (leftMs >= this.#attemptMs || !failures.has(endpoint))
            failures.set(endpoint, error instanceof Error ? error.message : String(error));
        }
      }
      if (untilMs - performance.now() <= roundPauseMs) throw unreachable(failures);
      await new Promise((resolve) => setTimeout(resolve, roundPauseMs));
    }
  }

  #once(endpoint: string, path: string, body: object, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const secure = endpoint.startsWith('https:');
      const text = JSON.stringify(body);
      const request = (secure ? httpsRequest : httpRequest)(new URL(path, endpoint), {
        method: 'POST',
        agent: secure ? this.#https : this.#http,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
          ...(this.#token === undefined ? {} : { authorization: this.#token }),
        },
        ...(secure ? this.#options.certificates?.() : {}),
      });
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${Math.round(timeoutMs)} ms`)), timeoutMs);
      request.on('close', () => clearTimeout(timer));
      request.on('error', reject);
      request.on('response', (response) => {
        readAnswer(response).then(resolve, reject);
      });
      request.end(text);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxAnswerBytes) throw new Error('the answer is too long for etcd');
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8').trim();
  const status = response.statusCode ?? 0;
  try {
    // A stream of answers is one JSON object a line; ours have one.
    const body: unknown = JSON.parse(text.split('\n')[0] ?? '');
    if (typeof body === 'object' && body !== null) return { status, body: body as Record<string, unknown> };
  } catch {
    // Refused before etcd's own code saw it: plain text.
    if (status >= 400 && status < 500) return { status, body: { error: text } };
  }
  throw new Error(`this is not etcd's JSON gateway: HTTP ${status}, ${text.slice(0, 200)}`);
}

/** No leader, still electing, too slow: another endpoint or a later time may do. gRPC's Unavailable (14) and DeadlineExceeded (4). */
function isUnavailable({ status, body }: Answer): boolean {
  return status === 503 || status === 504 || body['code'] === 14 || body['code'] === 4;
}

/** Tokens end after five minutes without use, with a restart, and when accounts change. gRPC's Unauthenticated is 16. */
function isStaleToken({ status, body }: Answer): boolean {
  return status === 401 || body['code'] === 16 || /auth store is old/.test(errorText(body));
}

function errorText(body: Readonly<Record<string, unknown>>): string {
  const error = body['error'] ?? body['message'];
  return typeof error === 'string' ? error : JSON.stringify(error ?? body);
}

function unreachable(failures: ReadonlyMap<string, string>): EtcdError {
  const told = [...failures].map(([endpoint, why]) => `${endpoint}: ${why}`).join('; ');
  return new EtcdError(`no etcd endpoint answers (${told === '' ? 'no time left' : told})`, 0);
}
