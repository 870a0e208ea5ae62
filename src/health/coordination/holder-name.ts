import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** A name that no other process has: host, process id and a random part. */
export function holderName(): string {
  return `${hostname()}:${process.pid}:${randomBytes(6).toString('hex')}`;
}
