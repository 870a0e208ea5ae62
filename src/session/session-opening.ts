import type { PacketSocket } from '../net/packet-socket.js';
import type { ClientIdentity, ClusterServices, SessionRoute, SessionServices } from './services.js';
import type { Session } from './session.js';

/** What a session is opened with, after its client has proven who it is. */
export interface SessionOpening {
  readonly id: number;
  readonly client: PacketSocket;
  readonly identity: ClientIdentity;
  readonly schema: string | undefined;
  readonly route: SessionRoute;
  readonly cluster: ClusterServices;
  readonly services: SessionServices;
  /** Of the login; COM_CHANGE_USER answers it once more. */
  readonly nonce: Buffer;
  closed(session: Session): void;
}
