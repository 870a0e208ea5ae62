import { problem, type Reply } from './reply.js';

/**
 * What a route answers when it cannot do what was asked: thrown from anywhere below it.
 * The message is for people: what is wrong and the way out.
 */
export class AdminProblem extends Error {
  /** HTTP status, 4xx or 5xx. */
  readonly status: number;
  /** Stable, `PM_<AREA>_<WHAT>`. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'AdminProblem';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  reply(): Reply {
    return problem(this.status, this.code, this.message, this.headers);
  }
}

/** The 404 for a name in the path that is not known; lists those that are. */
export function unknownName(kind: string, name: string, known: readonly string[]): AdminProblem {
  const there = known.length === 0 ? 'there is none' : `there ${known.length === 1 ? 'is' : 'are'} ${known.slice(0, 20).join(', ')}`;
  return new AdminProblem(404, 'PM_ADMIN_UNKNOWN_NAME', `there is no ${kind} "${name.slice(0, 200)}"; ${there}`);
}
