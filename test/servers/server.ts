import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { type Account, DATABASE, PASSWORDS } from './accounts.js';
import { allStopped } from './all-stopped.js';
import type { Flavor } from './flavor.js';
import { runCommand } from './run-command.js';
import type { ServerBinary } from './server-binary.js';
import { serverCommand } from './server-command.js';
import { buryLater } from './undertaker.js';

const START_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 30_000;

/** A real database server of ours: a process of this machine (or in a container) on loopback. */
export class Server {
  readonly name: string;
  readonly flavor: Flavor;
  /** `8.0.15`, `10.11.19` */
  readonly version: string;
  readonly host = '127.0.0.1';
  /** A second loopback address that the server listens on as well, for the proxy, so that only its way can be cut. */
  readonly proxyHost = '127.0.0.2';
  readonly port: number;
  readonly folder: string;
  readonly dataDir: string;
  readonly socketPath: string;
  readonly logPath: string;
  readonly serverId: number;
  readonly #binary: ServerBinary;
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #pid: number | undefined;
  #launches = 0;
  #container = '';

  /** Use `startReplication` or `startStandalone`. `folder` holds `data/`, made already. */
  constructor(
    binary: ServerBinary,
    options: { name: string; port: number; folder: string; serverId: number; args: readonly string[]; env?: NodeJS.ProcessEnv },
  ) {
    this.#binary = binary;
    this.name = options.name;
    this.flavor = binary.flavor;
    this.version = binary.version;
    this.port = options.port;
    this.folder = options.folder;
    this.serverId = options.serverId;
    this.dataDir = join(options.folder, 'data');
    this.socketPath = join(options.folder, 's.sock');
    this.logPath = join(options.folder, 'log');
    this.#args = options.args;
    this.#env = options.env ?? {};
  }

  /** Process id of the server (as this machine sees it, also for a container); undefined while it does not run. */
  get pid(): number | undefined {
    return this.#pid;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Starts the server on its data folder and waits until it answers. `moreArgs` are for this start only. */
  async start(moreArgs: readonly string[] = []): Promise<void> {
    if (this.#child !== undefined) throw new Error(`${this.name} runs already`);
    await rm(this.socketPath, { force: true });
    const container = `pointsman-${process.pid}-${this.port}-${++this.#launches}`;
    this.#container = container;
    const start = serverCommand(this.#binary, [...this.#args, ...moreArgs], { name: container, folder: this.folder });
    const log = openSync(this.logPath, 'a');
    // A session of its own: Ctrl-C on the terminal is for the test, which ends the servers itself.
    const child = spawn(start.command, start.args, {
      cwd: this.dataDir,
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...this.#env },
    });
    closeSync(log);
    const spared = [buryLater({ kind: 'process', pid: child.pid ?? -1, token: this.folder })];
    if (this.#binary.image !== undefined) spared.push(buryLater({ kind: 'container', name: container }));
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const over = (): void => {
        this.#child = undefined;
        this.#pid = undefined;
        for (const done of spared) done();
        resolve();
      };
      child.once('error', over);
      child.once('exit', over);
    });
    child.unref(); // a test that forgets a server still ends; the undertaker then sees to the server
    if (this.#binary.image === undefined) this.#pid = child.pid;
    await this.#awaitAnswer();
    if (this.#binary.image !== undefined) {
      this.#pid = Number(await runCommand('docker', ['inspect', '--format', '{{.State.Pid}}', container]));
    }
  }

  /** Ends the server in order (SIGTERM) and waits for its end; one that does not end in time is killed. */
  async stop(): Promise<void> {
    if (this.#child === undefined) return;
    this.thaw();
    await this.#signal('SIGTERM');
    if (!(await this.#endsWithin(STOP_LIMIT_MS))) await this.kill9();
  }

  /** SIGKILL, sent before this returns; settles when the process is gone. */
  async kill9(): Promise<void> {
    if (this.#child === undefined) return;
    await this.#signal('SIGKILL');
    await this.#endsWithin(STOP_LIMIT_MS);
  }

  /** SIGSTOP: the server keeps its sockets and answers nothing, from the return of this on. */
  freeze(): void {
    if (this.#raw('SIGSTOP') && this.#pid !== undefined) allStopped(this.#pid);
  }

  /** SIGCONT. */
  thaw(): void {
    this.#raw('SIGCONT');
  }

  /** Runs one statement as root over the unix socket, on a connection of its own; gives the rows ([] for a statement without). */
  async sql<Row extends object = Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const connection = await this.connectAsRoot();
    try {
      const [rows] = await connection.query(text, [...values]);
      return Array.isArray(rows) ? (rows as Row[]) : [];
    } finally {
      connection.destroy();
    }
  }

  /** The first column of the first row as text; undefined when there is no row or it is NULL. */
  async value(text: string, values: readonly unknown[] = []): Promise<string | undefined> {
    const [row] = await this.sql(text, values);
    const first = row === undefined ? undefined : Object.values(row)[0];
    return first === undefined || first === null ? undefined : String(first);
  }

  /** A mysql2 connection as root over the unix socket; the caller ends it. */
  async connectAsRoot(options: ConnectionOptions = {}): Promise<Connection> {
    const base: ConnectionOptions = { socketPath: this.socketPath, user: 'root', dateStrings: true, connectTimeout: 10_000 };
    const connection = await createConnection({ ...base, ...options });
    connection.on('error', () => undefined); // the server may be killed under it
    return connection;
  }

  /** A mysql2 connection over TCP as one of the accounts, in the test database; the caller ends it. */
  async connect(account: Account = 'app', options: ConnectionOptions = {}): Promise<Connection> {
    const base: ConnectionOptions = { host: this.host, port: this.port, user: account, password: PASSWORDS[account] };
    const database = account.startsWith('app') ? { database: DATABASE } : {};
    const connection = await createConnection({ ...base, ...database, ...options });
    connection.on('error', () => undefined);
    return connection;
  }

  async #awaitAnswer(): Promise<void> {
    const limit = Date.now() + START_LIMIT_MS;
    for (;;) {
      try {
        await this.sql('SELECT 1');
        return;
      } catch (error) {
        const late = Date.now() > limit;
        if (this.#child !== undefined && !late) {
          await sleep(25);
          continue;
        }
        await this.kill9();
        const log = (await readFile(this.logPath, 'utf8').catch(() => '')).split('\n').slice(-15).join('\n');
        const what = late ? `did not answer in ${START_LIMIT_MS / 1000} s (${(error as Error).message})` : 'ended while it started';
        throw new Error(`${this.name} (${this.flavor} ${this.version}) ${what}; end of its log:\n${log}`);
      }
    }
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    if (this.#pid !== undefined && this.#raw(signal)) return;
    this.#child?.kill(signal);
  }

  /** True when the signal was sent. Nothing is done for a server that does not run. */
  #raw(signal: NodeJS.Signals): boolean {
    if (this.#pid === undefined) return false;
    try {
      process.kill(this.#pid, signal);
      return true;
    } catch {
      // A container's processes are root's; its engine signals them for whoever may use it.
      if (this.#binary.image === undefined) return false;
      return spawnSync('docker', ['kill', '--signal', signal, this.#container], { stdio: 'ignore' }).status === 0;
    }
  }

  async #endsWithin(limitMs: number): Promise<boolean> {
    const cancel = new AbortController();
    const timer = sleep(limitMs, false, { signal: cancel.signal }).catch(() => false);
    const ended = await Promise.race([this.#ended.then(() => true), timer]);
    cancel.abort();
    return ended;
  }
}
