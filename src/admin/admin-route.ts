import type { Access, Actor } from './access.js';
import type { AdminRequest } from './admin-request.js';
import type { AdminSource } from './admin-source.js';
import type { AuditTrail } from './audit-trail.js';
import type { Body, BodyFields } from './body-fields.js';
import type { DashboardFile } from './dashboard-files.js';
import type { EventHub } from './event-hub.js';
import type { JsonSchema } from './json-schema.js';
import type { Readiness } from './readiness.js';
import type { Reply } from './reply.js';
import type { ProcessFacts } from './status-report.js';
import type { TokenRole } from './tokens.js';
import type { TrafficHistory } from './traffic-history.js';

/** What the answers are made of. */
export interface AdminContext {
  readonly source: AdminSource;
  readonly readiness: Readiness;
  readonly facts: ProcessFacts;
  /** A clock that does not jump, in ms; the one `readiness` is fed with. */
  readonly nowMs: () => number;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** What happens, for `/api/v1/events`. */
  readonly events: EventHub;
  readonly audit: AuditTrail;
  /** Of the last minutes; whoever opens the admin server feeds it. */
  readonly traffic: TrafficHistory;
  /** Files of the dashboard. */
  readonly page: ReadonlyMap<string, DashboardFile>;
}

/** One request to a route, checked. */
export interface Asked {
  readonly context: AdminContext;
  readonly access: Access;
  /** By the names in the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Fits the route's `fields`. */
  readonly body: Body;
  /** Undefined where the route needs no role. */
  readonly actor: Actor | undefined;
  readonly request: AdminRequest;
}

/** A parameter of the query. */
export interface QueryParameter {
  readonly name: string;
  /** Undefined: any text. */
  readonly values?: readonly string[];
  readonly about: string;
  readonly required?: true;
}

/** One path of the API and one method. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST';
  /** `/api/v1/backends/{name}/drain`: what stands in braces comes as a parameter. */
  readonly path: string;
  /** Undefined: never needs a token. */
  readonly role: TokenRole | undefined;
  /** Served on `metricsAddress` too. */
  readonly open: boolean;
  readonly summary: string;
  readonly contentType: string;
  readonly query: readonly QueryParameter[];
  /** Members of the body of a POST. */
  readonly fields: BodyFields;
  /** Members of the body that are not written anywhere. */
  readonly secretFields: readonly string[];
  /** The answer's JSON; undefined: it is none. */
  readonly schema: JsonSchema | undefined;
  /** Further answers by status: what they mean. */
  readonly statuses: Readonly<Record<number, string>>;
  /** The word under which its use is audited; undefined: it is not. */
  readonly action: string | undefined;
  readonly deadlineMs: number;
  /** Whether this process offers it. */
  readonly offered: (source: AdminSource) => boolean;
  /** May throw AdminProblem. */
  readonly answer: (asked: Asked) => Reply | Promise<Reply>;
}

/** Answers take milliseconds; one that waits for a stuck worker must not wait for ever. */
const DEADLINE_MS = 5_000;

/** A route that only reads. */
export function reading(
  path: string,
  summary: string,
  schema: JsonSchema | undefined,
  answer: AdminRoute['answer'],
  more: Partial<AdminRoute> = {},
): AdminRoute {
  return {
    method: 'GET',
    path,
    role: 'viewer',
    open: false,
    summary,
    contentType: 'application/json',
    query: [],
    fields: {},
    secretFields: [],
    schema,
    statuses: {},
    action: undefined,
    deadlineMs: DEADLINE_MS,
    offered: () => true,
    answer,
    ...more,
  };
}
