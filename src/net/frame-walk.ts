import { HEADER_SIZE } from '../protocol/frame.js';

/** Walks over a stream of frames that comes in pieces cut anywhere, and shows each frame's sequence id where it lies. */
export class FrameWalk {
  #headerBytes = 0;
  #length = 0;
  #left = 0;

  /** @param visit gets the buffer and the place of a sequence id, which it may change */
  walk(bytes: Buffer, visit: (bytes: Buffer, at: number) => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, bytes.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      if (this.#headerBytes < HEADER_SIZE - 1) this.#length |= (bytes[at] ?? 0) << (8 * this.#headerBytes);
      else visit(bytes, at);
      this.#headerBytes += 1;
      at += 1;
      if (this.#headerBytes === HEADER_SIZE) {
        this.#left = this.#length;
        this.#length = 0;
        this.#headerBytes = 0;
      }
    }
  }
}
