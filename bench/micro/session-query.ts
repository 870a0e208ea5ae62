/**
 * What a query costs in our own code: a session with an attached backend whose two sockets are stand-ins, so that neither the kernel nor
 * another process disturbs. `node .build/bench/micro/session-query.js [ROUNDS]` after `npm run compile`; prints the best round.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { BackendConnection } from '../../src/backend/dial-request.js';
import { PacketSocket } from '../../src/net/packet-socket.js';
import { Capability } from '../../src/protocol/capabilities.js';
import { encodeFrames } from '../../src/protocol/frame.js';
import type { ClusterServices, SessionServices } from '../../src/session/services.js';
import { Session } from '../../src/session/session.js';
import type { SessionOpening } from '../../src/session/session-opening.js';
import { Classifier } from '../../src/sql/classify.js';
import { Stats } from '../../src/telemetry/stats.js';
import type { ClusterSnapshot } from '../../src/topology/snapshot.js';

const QUERIES_PER_ROUND = 50_000;
const CAPABILITIES = Capability.PROTOCOL_41 | Capability.TRANSACTIONS | Capability.SESSION_TRACK | Capability.PLUGIN_AUTH;

/** Takes what is written and is told what was "read"; as much of a socket as PacketSocket uses. */
class StandInSocket extends EventEmitter {
  remoteAddress = '127.0.0.1';
  remotePort = 3306;
  bytesRead = 0;
  bytesWritten = 0;
  writableLength = 0;
  setNoDelay(): this {
    return this;
  }
  write(bytes: Buffer): boolean {
    this.bytesWritten += bytes.length;
    return true;
  }
  cork(): void {}
  uncork(): void {}
  pause(): this {
    return this;
  }
  resume(): this {
    return this;
  }
}

const stats = new Stats();
const log = { debug() {}, info() {}, warn() {}, error() {} };
const snapshot: ClusterSnapshot = {
  cluster: 'main',
  version: 1,
  primary: 'db1',
  epoch: 1,
  backends: [
    {
      name: 'db1',
      address: { host: '127.0.0.1', port: 3306 },
      weight: 100,
      priority: 100,
      state: 'online',
      role: 'primary',
      readable: false,
      lagMs: undefined,
      latencyMs: 1,
      identity: undefined,
      reason: '',
      lastError: undefined,
    },
  ],
};
const cluster = {
  name: 'main',
  link: { snapshot, watchesDigests: false },
  balancer: { acquire() {}, release() {} },
} as unknown as ClusterServices;
const services = { stats, log, maxRerunBytes: 1 << 20, classifier: new Classifier(), clusters: new Map() } as unknown as SessionServices;

const NOBODY = { source: { address: '127.0.0.1', port: 1 }, destination: { address: '127.0.0.1', port: 2 } };

function attachedSession(client: StandInSocket, backend: StandInSocket): Session {
  const identity = { user: 'app', credentials: [], capabilities: CAPABILITIES, charset: 45, attributes: [], address: '127.0.0.1' };
  const opening = {
    id: 1,
    client: new PacketSocket(client as unknown as Socket, 'client'),
    identity: { ...identity, mariadbCapabilities: 0, maxPacketSize: 1 << 24, usesTls: false, client: NOBODY },
    schema: 'test1',
    route: 'primary',
    cluster,
    services,
    nonce: Buffer.alloc(20),
    closed() {},
  } satisfies SessionOpening;
  const session = new Session(opening);
  session.opened();
  session.adopt(
    {
      packets: new PacketSocket(backend as unknown as Socket, 'backend'),
      backend: 'db1',
      greeting: { serverVersion: '8.0.34' },
      threadId: 1,
      capabilities: CAPABILITIES,
      mariadbCapabilities: 0,
      connectedAtMs: 0,
      statusFlags: 2,
    } as unknown as BackendConnection,
    'primary',
  );
  return session;
}

const QUERY = encodeFrames(Buffer.from('\x03SELECT c FROM sbtest3 WHERE id=25123'), 0);
const COLUMN = Buffer.concat([Buffer.from('\x03def\x05test1\x07sbtest3\x07sbtest3\x01c\x01c\x0c', 'latin1'), Buffer.alloc(12)]);
const EOF = Buffer.from([0xfe, 0, 0, 2, 0]);
const ANSWER = Buffer.concat(
  [Buffer.from([1]), COLUMN, EOF, Buffer.from(`\x78${'1'.repeat(120)}`), EOF].map((payload, index) => encodeFrames(payload, index + 1)),
);

const client = new StandInSocket();
const backend = new StandInSocket();
const session = attachedSession(client, backend);
let best = Number.POSITIVE_INFINITY;
for (let round = 0; round < Number(process.argv[2] ?? 20); round++) {
  const started = process.cpuUsage();
  for (let i = 0; i < QUERIES_PER_ROUND; i++) {
    // Node gives each read a Buffer of its own.
    client.emit('data', Buffer.from(QUERY.buffer, QUERY.byteOffset, QUERY.length));
    backend.emit('data', Buffer.from(ANSWER.buffer, ANSWER.byteOffset, ANSWER.length));
  }
  const { user, system } = process.cpuUsage(started);
  best = Math.min(best, ((user + system) * 1000) / QUERIES_PER_ROUND);
}
if (session.phase !== 'idle' || client.bytesWritten < ANSWER.length * QUERIES_PER_ROUND) throw new Error('answers are missing');
console.log(`point select through an attached session: ${best.toFixed(0)} ns of CPU in our code (best round)`);
