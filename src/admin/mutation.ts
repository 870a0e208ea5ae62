import type { Actor } from './access.js';
import { type AdminContext, type AdminRoute, reading } from './admin-route.js';
import type { Body, BodyFields } from './body-fields.js';
import type { JsonSchema } from './json-schema.js';
import { json } from './reply.js';

/** What somebody wants done. */
export interface MutationCall {
  /** By the names in the path. */
  readonly params: Readonly<Record<string, string>>;
  /** Fits the mutation's `fields`. */
  readonly body: Body;
  /** Only say what would happen. */
  readonly dryRun: boolean;
  readonly actor: Actor;
  readonly context: AdminContext;
}

/** Something that an operator can have done by POST. */
export interface Mutation {
  readonly summary: string;
  /** The one word for it in log, audit and events: `drain`, `switchover`, `kill`. */
  readonly action: string;
  /** Members of the body besides `dryRun`. */
  readonly fields?: BodyFields;
  /** Of the answer. */
  readonly schema: JsonSchema;
  /** Further answers by status: what they mean. */
  readonly statuses?: Readonly<Record<number, string>>;
  /** After this the caller gets 503 while the action goes on; default 5 s. */
  readonly deadlineMs?: number;
  /** Whether this process offers it; default: yes. */
  readonly offered?: AdminRoute['offered'];
  /**
   * Does it, or with `dryRun` only says what it would do. The object is the answer's JSON.
   * Throw `AdminProblem` for what cannot be done (`unknownName` for a name that is not there).
   */
  readonly act: (call: MutationCall) => object | Promise<object>;
}

const DRY_RUN: BodyFields = { dryRun: { type: 'boolean', about: 'True: nothing is done; the answer says what would be.' } };

/**
 * A POST route for operators. The framework around it checks the token and its role, the rate, the origin of browsers, the size and the
 * members of the body, and writes one audit line with the outcome.
 */
export function mutation(path: string, spec: Mutation): AdminRoute {
  const answer: AdminRoute['answer'] = async ({ context, params, body, actor }) => {
    if (actor === undefined) throw new Error('a mutation needs a role');
    return json(200, await spec.act({ params, body, dryRun: body['dryRun'] === true, actor, context }));
  };
  return reading(path, spec.summary, spec.schema, answer, {
    method: 'POST',
    role: 'operator',
    action: spec.action,
    fields: { ...spec.fields, ...DRY_RUN },
    ...(spec.statuses === undefined ? {} : { statuses: spec.statuses }),
    ...(spec.deadlineMs === undefined ? {} : { deadlineMs: spec.deadlineMs }),
    ...(spec.offered === undefined ? {} : { offered: spec.offered }),
  });
}
