/** Somebody who looks on: bytes as the peer sent them, and as they were written for it. They must not be changed. */
export interface PacketTap {
  received(bytes: Buffer): void;
  sent(bytes: Buffer): void;
}
