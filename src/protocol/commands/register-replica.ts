import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_REGISTER_SLAVE: a replica tells what SHOW REPLICAS shall list for it. */
export interface RegisterReplicaRequest {
  readonly serverId: number;
  readonly host: string;
  readonly user: string;
  /** Secret, and usually empty. */
  readonly password: string;
  readonly port: number;
  readonly rank: number;
  readonly sourceId: number;
}

const PACKET = 'register-replica';

export function decodeRegisterReplica(payload: Buffer): RegisterReplicaRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.REGISTER_REPLICA);
  const text = () => reader.bytes(reader.u8()).toString('utf8');
  return {
    serverId: reader.u32(),
    host: text(),
    user: text(),
    password: text(),
    port: reader.u16(),
    rank: reader.u32(),
    sourceId: reader.u32(),
  };
}

export function encodeRegisterReplica(request: RegisterReplicaRequest): Buffer {
  const writer = new ByteWriter(PACKET).u8(Command.REGISTER_REPLICA).u32(request.serverId);
  for (const text of [request.host, request.user, request.password]) writer.shortBytes(Buffer.from(text, 'utf8'));
  return writer.u16(request.port).u32(request.rank).u32(request.sourceId).finish();
}
