import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { runCommand } from '../servers/run-command.js';
import { buryLater, type ReplicationSet, startReplication, until } from '../servers/servers.js';

/** The guides' servers: what they call 10.0.0.1:3306 is the first, a primary; .2 and .3 are its replicas. */
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

/** Accounts that the guides assume: an application's, and root of the servers. */
const ACCOUNTS = [
  "ALTER USER app@'%' IDENTIFIED BY 'secret'",
  "GRANT ALL ON *.* TO app@'%' WITH GRANT OPTION",
  'CREATE DATABASE shop',
  // The guides make their own.
  "DROP USER pointsman@'%'",
];

/** Inside a network of its own, where only loopback exists and the guides' addresses are ours. */
export class World {
  readonly #set: ReplicationSet;
  readonly #doors: readonly NetServer[];
  readonly #tools: string;
  #service: ChildProcess | undefined;
  #said = '';

  private constructor(set: ReplicationSet, doors: readonly NetServer[], tools: string) {
    this.#set = set;
    this.#doors = doors;
    this.#tools = tools;
  }

  static async open(): Promise<World> {
    await runCommand('ip', ['link', 'set', 'lo', 'up']);
    for (const address of ADDRESSES) await runCommand('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
    const set = await startReplication({ flavor: 'mysql', replicas: 2 });
    for (const statement of ACCOUNTS) await set.primary.sql(statement);
    await set.caughtUp();
    const doors = await Promise.all(ADDRESSES.map((address, index) => openDoor(address, set.servers[index]?.port ?? 0)));
    return new World(set, doors, tools());
  }

  get primary(): ReplicationSet['primary'] {
    return this.#set.primary;
  }

  /** What the service wrote so far. */
  get said(): string {
    return this.#said;
  }

  /** Runs a script as a reader would paste it. Gives its output; fails with CommandError. */
  script(text: string, folder: string): Promise<string> {
    return runCommand('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${text}`], {
      cwd: folder,
      env: this.#environment(),
      timeoutMs: 120_000,
    });
  }

  /** Runs a script that does not end by itself, until it is ready; the one before it is ended. */
  async serve(text: string, folder: string): Promise<void> {
    await this.endService();
    this.#said = '';
    const child = spawn('bash', ['-euo', 'pipefail', '-c', `exec ${text}`], { cwd: folder, env: this.#environment(), detached: true });
    this.#service = child;
    buryLater({ kind: 'process', pid: child.pid ?? -1, token: folder });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (this.#said += bytes.toString()));
    await until('the service is ready', async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${this.#said}`);
      return await fetch('http://127.0.0.1:6480/readyz').then(
        (answer) => answer.ok,
        () => false,
      );
    });
  }

  async endService(): Promise<void> {
    const child = this.#service;
    this.#service = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once('close', done));
    child.kill('SIGTERM');
    await ended;
  }

  async close(): Promise<void> {
    await this.endService();
    for (const door of this.#doors) door.close();
    await this.#set.stop();
  }

  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, PATH: `${this.#tools}:${process.env['PATH']}`, MYSQL_PWD: '' };
  }
}

/** `pointsman` as an installed package would give it. */
function tools(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-guides-'));
  buryLater({ kind: 'folder', path: folder });
  const program = join(folder, 'pointsman');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(REPOSITORY, 'dist/main.js')}" "$@"\n`);
  chmodSync(program, 0o755);
  return folder;
}

/** A way to one of our servers at the guides' address. */
function openDoor(host: string, port: number): Promise<NetServer> {
  const door = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    client.pipe(server).pipe(client);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
  });
  return new Promise((resolve, reject) => {
    door.once('error', reject);
    door.listen(3306, host, () => resolve(door));
  });
}

/** A folder for one guide, with what the guides assume to be there: the repository's config folder. */
export function workingFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-guide-'));
  buryLater({ kind: 'folder', path: folder });
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/main.js'), `await import(${JSON.stringify(join(REPOSITORY, 'dist/main.js'))});\n`);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  return folder;
}
