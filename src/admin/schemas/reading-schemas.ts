import { ANY_OBJECT, arrayOf, COUNT, FLAG, mapOf, NUMBER, nullable, objectOf, oneOf, STRING } from '../json-schema.js';

/** Reports grow with what the proxy can do: members beyond these may be there. */
export const FAILOVER = {
  type: 'object',
  required: ['id', 'cluster', 'kind', 'startedMs', 'timeline'],
  properties: {
    id: STRING,
    cluster: STRING,
    kind: STRING,
    startedMs: { ...NUMBER, description: 'Unix time, milliseconds.' },
    endedMs: NUMBER,
    tookMs: { ...NUMBER, description: 'From its beginning to its end by a clock that nobody sets, milliseconds.' },
    oldPrimary: STRING,
    newPrimary: STRING,
    evidence: arrayOf(STRING),
    timeline: arrayOf({
      type: 'object',
      required: ['atMs', 'what'],
      properties: {
        atMs: { ...NUMBER, description: 'Unix time, milliseconds.' },
        sinceMs: {
          ...NUMBER,
          description: 'Since the event began by a clock that nobody sets, milliseconds; below 0 for what was seen before.',
        },
        what: STRING,
      },
    }),
    candidates: {
      ...arrayOf({
        type: 'object',
        required: ['name', 'position', 'priority'],
        properties: {
          name: STRING,
          position: { ...STRING, description: 'What it had executed and received, as a GTID set.' },
          priority: { type: 'integer' },
          rank: { ...COUNT, description: '1 is tried first; absent: it may not be promoted.' },
          rejected: { ...STRING, description: 'Why it may not.' },
        },
      }),
      description: 'Who could have become primary, best first.',
    },
    lostGtids: STRING,
    lostCount: COUNT,
    longestHoldMs: { ...NUMBER, description: 'Longest time a statement was held for a server, milliseconds.' },
    sessions: {
      ...objectOf({ kept: COUNT, replayed: COUNT, errored: COUNT }),
      description: 'Sessions moved with all their state, transactions repeated, answers that were errors; `outcomes` has the causes.',
    },
    outcomes: mapOf(COUNT),
  },
};

export const RULE = objectOf({
  name: STRING,
  match: ANY_OBJECT,
  action: ANY_OBJECT,
  continue: FLAG,
  dryRun: FLAG,
  hits: COUNT,
  denied: COUNT,
  limited: COUNT,
  timedOut: COUNT,
});

/** Members beyond these may be there. */
export const SESSION = {
  type: 'object',
  required: ['id', 'user', 'client', 'cluster', 'route', 'phase', 'pinReasons', 'inTransaction'],
  properties: {
    id: COUNT,
    user: STRING,
    client: STRING,
    cluster: STRING,
    route: STRING,
    phase: STRING,
    backend: STRING,
    backendThread: COUNT,
    parked: arrayOf(objectOf({ backend: STRING, backendThread: COUNT })),
    schema: STRING,
    inTransaction: FLAG,
    pinReasons: { ...arrayOf(STRING), description: 'Why it cannot move to another server without losing something.' },
    tls: FLAG,
    certificate: STRING,
  },
};

export const AUDIT_ENTRY = objectOf({
  at: { ...STRING, format: 'date-time' },
  action: STRING,
  actor: { ...nullable(STRING), description: 'Name of the token; null: not known.' },
  from: STRING,
  target: ANY_OBJECT,
  dryRun: FLAG,
  result: oneOf('done', 'refused', 'failed'),
  status: COUNT,
  code: nullable(STRING),
  tookMs: { ...COUNT, description: 'Milliseconds.' },
});

export const EXPLANATION = objectOf({
  sql: STRING,
  digest: objectOf({ hash: STRING, text: STRING }),
  facts: objectOf({
    kind: STRING,
    statements: COUNT,
    pureRead: FLAG,
    notPureBecause: nullable(STRING),
    tables: arrayOf(STRING),
    begins: FLAG,
    commits: FLAG,
    effects: arrayOf(STRING),
  }),
  hint: nullable(
    objectOf({ target: nullable(STRING), backend: nullable(STRING), consistency: nullable(STRING), ignored: arrayOf(STRING) }),
  ),
  rules: arrayOf(objectOf({ name: STRING, dryRun: FLAG, action: ANY_OBJECT })),
  denied: nullable(objectOf({ rule: STRING, message: STRING })),
  delayMs: NUMBER,
  timeoutMs: nullable(NUMBER),
  rewritten: nullable(STRING),
  listener: STRING,
  cluster: STRING,
  route: STRING,
  routeBy: STRING,
  consistency: STRING,
  target: nullable(STRING),
  backends: arrayOf(objectOf({ name: STRING, chosen: FLAG, reason: STRING })),
});
