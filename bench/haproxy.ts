import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buryLater, reservePorts } from '../test/servers/servers.js';

/** A proxy under measurement. */
export interface ProxyProcess {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

function configuration(port: number, serverPort: number, clients: number): string {
  return `global
  nbthread 1
  maxconn ${clients}
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen mysql
  bind 127.0.0.1:${port}
  server primary 127.0.0.1:${serverPort}
`;
}

/** Settles when something accepts connections there. */
async function awaitAccepting(port: number, alive: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (accepted) return;
    if (!alive()) break;
    await sleep(25);
  }
  throw new Error(`nothing accepts connections on port ${port}`);
}

/** Starts HAProxy in tcp mode with one thread in front of a server, for at most so many clients; it dies with this process. */
export async function startHaproxy(serverPort: number, clients: number): Promise<ProxyProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-bench-'));
  const kept = buryLater({ kind: 'folder', path: folder });
  const [reserved] = await reservePorts(1);
  if (reserved === undefined) throw new Error('no free port');
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, configuration(reserved.port, serverPort, clients));
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const spared = buryLater({ kind: 'process', pid: child.pid ?? -1, token: file });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    spared();
    reserved.release();
    await rm(folder, { recursive: true, force: true });
    kept();
  };
  try {
    await awaitAccepting(reserved.port, () => child.exitCode === null && child.pid !== undefined);
  } catch (error) {
    await stop();
    throw new Error(`HAProxy does not start: ${said}`, { cause: error });
  }
  return { port: reserved.port, pid: child.pid ?? -1, stop };
}
