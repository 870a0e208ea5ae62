import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { etcdProgram } from './etcd-program.js';
import { reservePorts } from './free-port.js';
import { buryLater } from './undertaker.js';

/** One real etcd server on loopback. */
export class EtcdMember {
  readonly endpoint: string;
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();

  /** @param folder holds its data and its log; a part of its command line */
  constructor(endpoint: string, command: string, args: readonly string[], folder: string) {
    this.endpoint = endpoint;
    this.#command = command;
    this.#args = args;
    this.#folder = folder;
  }

  /** Starts it, for the first time or again, and does not wait until it answers. */
  launch(): void {
    const log = openSync(join(this.#folder, 'log'), 'a');
    const child = spawn(this.#command, this.#args, { detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    const done = buryLater({ kind: 'process', pid: child.pid ?? -1, token: this.#folder });
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      const over = () => {
        done();
        resolve();
      };
      child.once('exit', over);
      child.once('error', over);
    });
    child.unref(); // a test that forgets it still ends; the undertaker then sees to it
  }

  /** SIGKILL; settles when it is gone. */
  async kill9(): Promise<void> {
    this.#child?.ref();
    this.#child?.kill('SIGKILL');
    await this.#gone;
  }

  /** SIGSTOP: it keeps its sockets and answers nothing. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  log(): Promise<string> {
    return readFile(join(this.#folder, 'log'), 'utf8');
  }
}

export interface EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly endpoints: readonly string[];
  stop(): Promise<void>;
}

/** Paths of PEM files: the servers' own pair, and the authority of the clients they let in. */
export interface EtcdFiles {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
}

/**
 * Starts etcd servers that form one cluster; they may still be electing when this returns.
 * @param options `tls`: https towards clients
 * @throws when this machine has no etcd: ask `etcdProgram` first
 */
export async function startEtcd(options: { readonly members: number; readonly tls?: EtcdFiles }): Promise<EtcdCluster> {
  const found = await etcdProgram();
  if ('reason' in found) throw new Error(found.reason);
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-etcd-'));
  const kept = buryLater({ kind: 'folder', path: folder });
  const ports = await reservePorts(options.members * 2);
  const scheme = options.tls === undefined ? 'http' : 'https';
  const urls = Array.from({ length: options.members }, (_, index) => ({
    name: `m${index + 1}`,
    client: `${scheme}://127.0.0.1:${ports[index * 2]?.port}`,
    peer: `http://127.0.0.1:${ports[index * 2 + 1]?.port}`,
    data: join(folder, `m${index + 1}`),
  }));
  const together = urls.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const { tls } = options;
  const tlsArgs = tls && [`--cert-file=${tls.cert}`, `--key-file=${tls.key}`, `--trusted-ca-file=${tls.clientCa}`, '--client-cert-auth'];
  const members = await Promise.all(
    urls.map(async ({ name, client, peer, data }) => {
      const place = await mkdtemp(`${data}-`);
      const args = [`--name=${name}`, `--data-dir=${join(place, 'data')}`, '--logger=zap', '--log-level=warn'];
      args.push(`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`, `--listen-peer-urls=${peer}`);
      args.push(`--initial-advertise-peer-urls=${peer}`, `--initial-cluster=${together}`, '--initial-cluster-state=new');
      if (tlsArgs !== undefined) args.push(...tlsArgs);
      return new EtcdMember(client, found.program, args, place);
    }),
  );
  for (const member of members) member.launch();
  return {
    members,
    endpoints: members.map(({ endpoint }) => endpoint),
    stop: async () => {
      await Promise.all(members.map((member) => member.kill9()));
      await rm(folder, { recursive: true, force: true });
      for (const port of ports) port.release();
      kept();
    },
  };
}
