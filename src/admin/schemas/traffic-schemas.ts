import { arrayOf, COUNT, FLAG, mapOf, NUMBER, nullable, objectOf, STRING } from '../json-schema.js';

const RATE = { ...NUMBER, minimum: 0, description: 'Per second.' };
const LATENCY = nullable({ ...NUMBER, description: 'Milliseconds; null: no statement was answered.' });
const MILLISECONDS = { ...NUMBER, minimum: 0, description: 'Milliseconds.' };
const UNIX_TIME = { ...NUMBER, description: 'Unix time, milliseconds.' };

export const TRAFFIC_POINT = objectOf({
  atMs: UNIX_TIME,
  primaryPerSecond: RATE,
  replicaPerSecond: RATE,
  errorsPerSecond: RATE,
  p50Ms: LATENCY,
  p95Ms: LATENCY,
  p99Ms: LATENCY,
  clients: COUNT,
  held: COUNT,
  retriedPerSecond: RATE,
  unknownPerSecond: RATE,
});

export const TRAFFIC_NOW = objectOf({
  now: nullable(TRAFFIC_POINT),
  backends: mapOf(objectOf({ perSecond: RATE, errorsPerSecond: RATE, bytesInPerSecond: RATE, bytesOutPerSecond: RATE })),
  totals: nullable(
    objectOf({
      statements: COUNT,
      errors: COUNT,
      retried: { ...COUNT, description: 'Statements run once more.' },
      unknownOutcomes: { ...COUNT, description: 'Statements answered with 9501.' },
      repointed: { ...COUNT, description: 'Sessions that were moved to another server.' },
      logins: objectOf({ accepted: COUNT, auth_failed: COUNT, rejected: COUNT }),
      bytesIn: COUNT,
      bytesOut: COUNT,
    }),
  ),
});

export const TRAFFIC = objectOf({ points: { ...arrayOf(TRAFFIC_POINT), description: 'Oldest first, about one per second.' } });

export const DIGEST = objectOf({
  hash: STRING,
  text: { ...STRING, description: 'Literals as ?' },
  kind: STRING,
  schema: nullable(STRING),
  count: { ...COUNT, description: 'Of processes with more than 500 statements per second an estimate.' },
  errors: COUNT,
  rows: COUNT,
  totalMs: MILLISECONDS,
  meanMs: MILLISECONDS,
  p50Ms: MILLISECONDS,
  p95Ms: MILLISECONDS,
  p99Ms: MILLISECONDS,
  maxMs: MILLISECONDS,
  firstMs: UNIX_TIME,
  lastMs: UNIX_TIME,
});

export const SLOW = objectOf({
  atMs: UNIX_TIME,
  tookMs: MILLISECONDS,
  hash: STRING,
  text: STRING,
  backend: STRING,
  user: STRING,
  client: STRING,
  session: COUNT,
  schema: nullable(STRING),
  ok: FLAG,
  rows: COUNT,
});
