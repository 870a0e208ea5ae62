import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.js';
import { RateLimits } from '../routing/rules/rate-limits.js';
import type { RateLimitOptions } from '../routing/rules/rule-options.js';
import type { LimitDesk } from '../session/rule-desk.js';
import type { ToSupervisor } from './messages.js';

/** The group's allowances; in the supervisor. */
export class GroupLimits implements LimitDesk {
  #limits: ReadonlyMap<string, RateLimitOptions>;
  #buckets: RateLimits;

  constructor(config: Config) {
    this.#limits = rateLimitsOf(config);
    this.#buckets = new RateLimits(this.#limits);
  }

  /** From now on these rules count. Allowances begin anew where any of them says something else. */
  apply(config: Config): void {
    const limits = rateLimitsOf(config);
    if (isDeepStrictEqual(limits, this.#limits)) return;
    this.#limits = limits;
    this.#buckets = new RateLimits(limits);
  }

  take(rule: string, user: string, client: string): number {
    return this.#buckets.take(rule, user, client, performance.now());
  }
}

function rateLimitsOf({ rules }: Config): ReadonlyMap<string, RateLimitOptions> {
  const limits = new Map<string, RateLimitOptions>();
  for (const { name, action } of rules) {
    const { rateLimit } = action;
    if (rateLimit !== undefined) limits.set(name, { ...rateLimit, burst: rateLimit.burst ?? rateLimit.statements });
  }
  return limits;
}

/** A supervisor that does not answer in this time is about to end: the statement is let through. */
const ANSWER_MS = 2_000;

/** A worker's way to them. */
export class WorkerLimits implements LimitDesk {
  readonly #send: (message: ToSupervisor) => void;
  readonly #waiting = new Map<number, (againInMs: number) => void>();
  #request = 0;

  constructor(send: (message: ToSupervisor) => void) {
    this.#send = send;
  }

  take(rule: string, user: string, client: string): Promise<number> {
    this.#request += 1;
    const request = this.#request;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answered(request, 0), ANSWER_MS);
      this.#waiting.set(request, (againInMs) => {
        clearTimeout(timer);
        resolve(againInMs);
      });
      this.#send({ type: 'limit', request, rule, user, client });
    });
  }

  answered(request: number, againInMs: number): void {
    const resolve = this.#waiting.get(request);
    this.#waiting.delete(request);
    resolve?.(againInMs);
  }
}
