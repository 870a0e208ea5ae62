import { ANY_OBJECT, arrayOf, COUNT, FLAG, mapOf, NUMBER, nullable, objectOf, oneOf, STRING } from '../json-schema.js';
import { TRAFFIC_NOW } from './traffic-schemas.js';

const MILLISECONDS = { ...NUMBER, description: 'Milliseconds.' };

export const BACKEND = objectOf({
  name: STRING,
  address: STRING,
  state: oneOf('online', 'suspect', 'down', 'draining', 'maintenance'),
  role: oneOf('primary', 'replica', 'none'),
  readable: { ...FLAG, description: 'Whether it takes replica reads now.' },
  reason: { ...STRING, description: 'Why it has this state and role.' },
  version: nullable(STRING),
  lagMs: nullable({ ...MILLISECONDS, description: 'How far it is behind, milliseconds.' }),
  latencyMs: nullable({ ...MILLISECONDS, description: 'Round trip of the last health check, milliseconds.' }),
  weight: COUNT,
  priority: { type: 'integer' },
  connections: { ...COUNT, description: 'Connections to it that belong to sessions.' },
  lastError: nullable(STRING),
});

export const CLUSTER = objectOf({
  name: STRING,
  primary: nullable(STRING),
  stuck: nullable({ ...STRING, description: 'There is no primary: why nobody is promoted, and what to do.' }),
  epoch: { ...COUNT, description: 'Rises by one each time another server becomes primary.' },
  topology: nullable({ ...STRING, description: 'replication, galera, group-replication or static, as configured or found out.' }),
  topologyReason: nullable({ ...STRING, description: 'Who says so.' }),
  snapshotVersion: COUNT,
  pause: nullable(objectOf({ by: STRING, since: { ...STRING, format: 'date-time' } })),
  backends: arrayOf(BACKEND),
});

const LISTENER = objectOf({ name: STRING, address: STRING, cluster: STRING, route: oneOf('split', 'primary', 'replica'), open: FLAG });

const WORKER = objectOf({ id: COUNT, pid: COUNT, state: oneOf('starting', 'running', 'draining'), clients: COUNT, restarts: COUNT });

export const STATUS = objectOf({
  version: STRING,
  node: STRING,
  pid: COUNT,
  startedAt: { ...STRING, format: 'date-time' },
  uptimeSeconds: COUNT,
  state: oneOf('starting', 'running', 'draining'),
  listeners: arrayOf(LISTENER),
  workers: arrayOf(WORKER),
  clients: objectOf({ active: COUNT, idle: COUNT, held: COUNT }),
  heldStatements: COUNT,
  connections: mapOf(COUNT),
  clusters: arrayOf(CLUSTER),
  lastFailover: nullable(ANY_OBJECT),
  traffic: TRAFFIC_NOW,
});
