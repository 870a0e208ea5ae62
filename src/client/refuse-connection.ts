import type { PacketSocket } from '../net/packet-socket.js';
import { type ErrPacket, encodeErr } from '../protocol/err.js';
import { encodeFrames } from '../protocol/frame.js';

/** Sends an ERR in place of the greeting (too many connections, shutting down) and closes. It has no SQLSTATE: nothing is agreed yet. */
export function refuseConnection(packets: PacketSocket, error: ErrPacket): void {
  packets.end(encodeFrames(encodeErr(error, 0), 0));
}
