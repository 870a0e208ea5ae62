import type { ServerFacts } from '../../../src/topology/roles.js';
import type { ReplicaStatus, ServerSample } from '../../../src/topology/sample.js';

/** A server at 10.0.0.N:3306 with id `idN`, writable and without a source unless told. */
export function sample(n: number, changes: Partial<ServerSample> = {}): ServerSample {
  return {
    askedAtMs: 1000,
    flavor: 'mysql',
    id: `id${n}`,
    reportHost: '',
    reportPort: 3306,
    readOnly: false,
    superReadOnly: false,
    executed: '',
    replica: undefined,
    startedServerSeconds: 1,
    ...changes,
  };
}

/** The replication status of a replica that follows server N and is well. */
export function follows(n: number, changes: Partial<ReplicaStatus> = {}): ReplicaStatus {
  return {
    sourceHost: `10.0.0.${n}`,
    sourcePort: 3306,
    sourceId: `id${n}`,
    receiver: 'Yes',
    applier: true,
    lagMs: 0,
    received: '',
    readPosition: 'bin.1:100',
    receiverErrno: 0,
    receiverError: '',
    applierError: '',
    usesGtid: true,
    delayMs: 0,
    tls: false,
    ...changes,
  };
}

export function facts(n: number, changes: Partial<ServerFacts> = {}): ServerFacts {
  return {
    name: `db${n}`,
    address: { host: `10.0.0.${n}`, port: 3306 },
    priority: 100,
    order: n,
    state: 'online',
    sample: sample(n),
    lacksAcknowledged: false,
    fenced: undefined,
    ...changes,
  };
}

/** A read-only replica of server `source`. */
export function replica(n: number, source: number, changes: Partial<ServerFacts> = {}, status: Partial<ReplicaStatus> = {}): ServerFacts {
  return facts(n, { sample: sample(n, { readOnly: true, replica: follows(source, status) }), ...changes });
}

/** The same, left writable. */
export function writableReplica(
  n: number,
  source: number,
  changes: Partial<ServerFacts> = {},
  status: Partial<ReplicaStatus> = {},
): ServerFacts {
  return facts(n, { sample: sample(n, { replica: follows(source, status) }), ...changes });
}
