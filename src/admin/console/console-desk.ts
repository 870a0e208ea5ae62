import { Access, type Actor } from '../access.js';
import type { AdminContext } from '../admin-route.js';
import { answerRequest } from '../answer-request.js';
import { ConsoleError } from './console-error.js';

/** JSON as the API answers it. */
export type Json = Readonly<Record<string, unknown>>;

/** The console's accounts are operators; who they are was proven at their login. */
class ConsoleAccess extends Access {
  readonly #actor: Actor;

  constructor(actor: Actor) {
    super({ token: undefined, tokens: [] });
    this.#actor = actor;
  }

  override identify(): Actor {
    return this.#actor;
  }
}

/** Asks the HTTP API's own routes, without HTTP: what the console shows and does, is checked and audited as there. */
export class ConsoleDesk {
  readonly #context: AdminContext;
  readonly #access: ConsoleAccess;
  readonly #from: string;

  constructor(context: AdminContext, actor: Actor) {
    this.#context = context;
    this.#access = new ConsoleAccess(actor);
    this.#from = actor.from;
  }

  /** What a GET of `path` answers. @throws ConsoleError */
  async get(path: string): Promise<Json> {
    return JSON.parse(await this.#ask('GET', path, '')) as Json;
  }

  /** The Prometheus text. */
  metrics(): Promise<string> {
    return this.#ask('GET', '/metrics', '');
  }

  /** What a POST of `body` to `path` answers. @throws ConsoleError with what the API says */
  async act(path: string, body: Json = {}): Promise<Json> {
    return JSON.parse(await this.#ask('POST', path, JSON.stringify(body))) as Json;
  }

  async #ask(method: string, target: string, body: string): Promise<string> {
    const headers = { host: 'localhost', 'content-type': 'application/json' };
    const request = { method, target, headers, from: this.#from, secure: true, openOnly: false, body: async () => Buffer.from(body) };
    const reply = await answerRequest(request, this.#context, this.#access);
    const answer = String(reply.body);
    if (reply.status === 200) return answer;
    const { error } = JSON.parse(answer) as { error?: { message?: string } };
    const message = error?.message ?? `the answer was ${reply.status}`;
    if (reply.status === 404) throw new ConsoleError(1094, 'HY000', message);
    throw new ConsoleError(reply.status === 429 ? 1226 : 1105, reply.status === 429 ? '42000' : 'HY000', message);
  }
}
