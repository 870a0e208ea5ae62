import type { Socket } from 'node:net';
import { BAD_HANDSHAKE, READ_TIMEOUT } from '../client/login-errors.js';
import { refuseConnection } from '../client/refuse-connection.js';
import type { Network } from '../config/network.js';
import { PacketSocket, plainAddress } from '../net/packet-socket.js';
import { receiveProxyHeader } from '../net/receive-proxy-header.js';
import { tooManyConnections } from '../session/client-errors.js';
import type { Log } from '../telemetry/log-types.js';
import { networkList } from './network-list.js';

export interface ProxyEntranceParts {
  readonly listener: string;
  /** Who begins its connections with a PROXY header. */
  readonly networks: readonly Network[];
  readonly timeoutMs: number;
  /** How many connections may wait for their header at once; they count as clients only when they have it. */
  readonly most: number;
  readonly log: Log;
  refused(): void;
}

/** The way in for connections that load balancers pass on: the PROXY header first, so that everything behind it sees the true client. */
export class ProxyEntrance {
  readonly #parts: ProxyEntranceParts;
  readonly #isProxy: (address: string) => boolean;
  #waiting = 0;

  constructor(parts: ProxyEntranceParts) {
    this.#parts = parts;
    this.#isProxy = networkList(parts.networks);
  }

  /**
   * Sees to a connection from one of the networks, which must send the header, and gives it to `admit`.
   * @returns false: it comes from elsewhere, and a header in it would be nonsense like any other
   */
  takes(socket: Socket, admit: (packets: PacketSocket) => void): boolean {
    const address = plainAddress(socket.remoteAddress);
    if (!this.#isProxy(address)) return false;
    if (this.#waiting >= this.#parts.most) {
      this.#refuse(new PacketSocket(socket, 'client'), 'too many connections wait for their PROXY header', tooManyConnections());
      return true;
    }
    this.#waiting += 1;
    receiveProxyHeader(socket, this.#parts.timeoutMs, (outcome) => {
      this.#waiting -= 1;
      if (outcome.kind === 'gone') return;
      // In the next tick, when its handler is set.
      socket.resume();
      if (outcome.kind === 'header') return admit(new PacketSocket(socket, 'client', undefined, outcome.endpoints));
      this.#refuse(new PacketSocket(socket, 'client'), outcome.why, outcome.kind === 'timeout' ? READ_TIMEOUT : BAD_HANDSHAKE);
    });
    return true;
  }

  #refuse(packets: PacketSocket, why: string, error: Parameters<typeof refuseConnection>[1]): void {
    const { log, listener, refused } = this.#parts;
    refused();
    log.warn({ listener, client: packets.remoteAddress, why }, 'a connection without the PROXY header it must begin with');
    refuseConnection(packets, error);
  }
}
