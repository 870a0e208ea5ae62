import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { cacheFolder, withLock } from './cache-folder.js';
import { buryLater } from './undertaker.js';

/** A TCP port that no other test process takes until `release` is called or this process ends, whether something listens on it or not. */
export interface ReservedPort {
  readonly port: number;
  release(): void;
}

// Below the kernel's range for outgoing connections (32768 and up), so that a server which is down finds its port free again.
function range(): { from: number; to: number } {
  const { POINTSMAN_TEST_PORTS = '' } = process.env;
  const match = /^(\d+)-(\d+)$/.exec(POINTSMAN_TEST_PORTS);
  return match === null ? { from: 13000, to: 19999 } : { from: Number(match[1]), to: Number(match[2]) };
}

function bindable(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

function holderLives(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function reserveOne(folder: string, port: number): Promise<ReservedPort | undefined> {
  const file = join(folder, String(port));
  if (holderLives(file) || !(await bindable(port, '0.0.0.0'))) return undefined;
  writeFileSync(file, String(process.pid));
  const done = buryLater({ kind: 'folder', path: file });
  return {
    port,
    release: () => {
      rmSync(file, { force: true });
      done();
    },
  };
}

/** Reserves `count` ports; safe among processes that all use this function. `POINTSMAN_TEST_PORTS=22000-22999` sets the range. */
export async function reservePorts(count: number): Promise<ReservedPort[]> {
  return withLock('ports', async () => {
    const folder = join(cacheFolder(), 'ports');
    mkdirSync(folder, { recursive: true });
    const { from, to } = range();
    const size = to - from + 1;
    const start = Math.floor(Math.random() * size);
    const found: ReservedPort[] = [];
    for (let i = 0; i < size && found.length < count; i++) {
      const one = await reserveOne(folder, from + ((start + i) % size));
      if (one !== undefined) found.push(one);
    }
    if (found.length < count) throw new Error(`no ${count} free ports between ${from} and ${to}`);
    return found;
  });
}

/** Reserves this very port, or gives undefined when it is taken. */
export async function reservePort(port: number): Promise<ReservedPort | undefined> {
  return withLock('ports', async () => {
    const folder = join(cacheFolder(), 'ports');
    mkdirSync(folder, { recursive: true });
    return reserveOne(folder, port);
  });
}
