import cluster, { type Worker } from 'node:cluster';
import { generateKeyPair } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Config } from '../config/config.js';
import type { KillOrder, KillReport } from '../session/kill/kill-order.js';
import { GroupStats } from '../telemetry/group-stats.js';
import type { Log } from '../telemetry/log-types.js';
import { type HandoverReport, joinReports } from '../topology/handover-report.js';
import type { ClusterSnapshot } from '../topology/snapshot.js';
import { ClientDispatch, type Receiver } from './client-dispatch.js';
import { workerOf } from './connection-ids.js';
import { Gathering } from './gathering.js';
import { askInTurn, KillOrders } from './kill-orders.js';
import { TO_MACHINE_MS } from './machine-clock.js';
import { type MarkList, MarkRounds } from './mark-rounds.js';
import type { ToSupervisor, ToWorker } from './messages.js';
import type { SessionReport } from './session-report.js';
import { mergeLists, type StatementLists } from './statement-lists.js';
import type { TlsMaterial } from './tls-material.js';
import { joinTraces, type TraceOrder, type TraceReport } from './trace-desk.js';
import { workerEnvironment, workerProgram } from './worker-program.js';

/** What the workers' messages are about; the supervisor answers. */
export interface WorkersOwner {
  /** In force. */
  config(): Config;
  readonly log: Log;
  readonly tls: TlsMaterial;
  readonly snapshots: readonly ClusterSnapshot[];
  /** A worker, maybe one that replaces a crashed one, begins with nothing but the snapshots. */
  started(): void;
  received(message: ToSupervisor, reply: (message: ToWorker) => void): void;
}

/** One worker as the status shows it. */
export interface WorkerState {
  readonly id: number;
  readonly pid: number;
  readonly state: 'starting' | 'running' | 'draining';
  readonly clients: number;
  readonly restarts: number;
}

interface Child {
  readonly index: number;
  process: Worker;
  state: WorkerState['state'];
  restarts: number;
  startedAtMs: number;
  clients: { readonly total: number; readonly byAddress: readonly (readonly [string, number])[] };
  /** Clients that were passed to it since it last said how many it has. */
  given: number;
  gone: boolean;
}

/** A worker takes a client as soon as its event loop turns. */
const ARRIVAL_MS = 5_000;

/** A worker that should have ended is killed after so long. */
const KILL_AFTER_MS = 3_000;

/** A worker that crashes right after its start is started again only after this long, so that a bug does not eat the machine. */
const RESTART_AFTER_CRASH_MS = 1_000;

/** The worker processes: started, fed, restarted when one crashes, drained together. */
export class Workers {
  readonly #owner: WorkersOwner;
  readonly #count: number;
  readonly #children: Child[] = [];
  readonly #lists = new Gathering<readonly SessionReport[]>();
  readonly #handovers = new Gathering<HandoverReport>();
  readonly #traces = new Gathering<TraceReport>();
  readonly #statements = new Gathering<StatementLists>();
  readonly #configs = new Gathering<string | undefined>();
  readonly #kills = new KillOrders();
  readonly #marks = new MarkRounds();
  /** When a worker died that had told its clients we do not know what; by the machine's clock. */
  #deathMs = Number.NEGATIVE_INFINITY;
  readonly #rsaPem = newRsaPem();
  readonly stats = new GroupStats();
  #draining = false;
  readonly #dispatch = new ClientDispatch(() => this.#receivers());
  #opened: (() => void) | undefined;

  constructor(owner: WorkersOwner, count: number) {
    this.#owner = owner;
    this.#count = count;
  }

  /** Starts all; settles once every worker takes clients. */
  async open(): Promise<void> {
    cluster.setupPrimary({ ...workerProgram(), args: [], serialization: 'advanced' });
    const opened = new Promise<void>((resolve) => {
      this.#opened = resolve;
    });
    for (let index = 0; index < this.#count; index += 1) this.#children.push(this.#fork(index, 0));
    return opened;
  }

  #fork(index: number, restarts: number): Child {
    const child: Child = {
      index,
      process: cluster.fork(workerEnvironment()),
      state: 'starting',
      restarts,
      startedAtMs: Date.now(),
      clients: { total: 0, byAddress: [] },
      given: 0,
      gone: false,
    };
    child.process.on('message', (message) => this.#received(child, message as ToSupervisor));
    child.process.on('exit', (code, signal) => this.#exited(child, code, signal));
    child.process.on('error', (error) =>
      this.#owner.log.error({ worker: child.index, error: error.message }, 'a worker cannot be reached'),
    );
    return child;
  }

  /** A client has come: one of the workers gets it. */
  enter(listener: string, socket: Socket): void {
    this.#dispatch.give(listener, socket);
  }

  /** Settles once all of them have arrived. */
  quiet(): Promise<void> {
    return this.#dispatch.quiet(ARRIVAL_MS);
  }

  #receivers(): readonly Receiver[] {
    return this.#children
      .filter(({ gone, state, process: worker }) => !gone && state !== 'starting' && worker.isConnected())
      .map((child) => ({
        clients: child.clients.total + child.given,
        send: (listener, socket, done) => {
          child.given += 1;
          // A worker that dies just now takes the client with it, as it would a moment later.
          child.process.process.send({ type: 'client', listener } satisfies ToWorker, socket, { keepOpen: false }, done);
        },
      }));
  }

  #send(child: Child, message: ToWorker): void {
    // With a callback: a worker that ends just now would else raise an error event, and nobody's death may be the supervisor's.
    if (!child.gone && child.process.isConnected()) child.process.send(message, () => undefined);
  }

  broadcast(message: ToWorker): void {
    for (const child of this.#children) this.#send(child, message);
  }

  /** A worker has loaded its program: it gets what it works on. */
  async #greet(child: Child): Promise<void> {
    const rsaPem = await this.#rsaPem;
    this.#send(child, {
      type: 'start',
      config: this.#owner.config(),
      workerIndex: child.index,
      workers: this.#count,
      rsaPem,
      tls: this.#owner.tls,
      snapshots: this.#owner.snapshots,
    });
    this.#owner.started();
  }

  #received(child: Child, message: ToSupervisor): void {
    switch (message.type) {
      case 'hello':
        void this.#greet(child);
        break;
      case 'open':
        child.state = this.#draining ? 'draining' : 'running';
        this.#dispatch.retry();
        if (this.#children.every(({ state }) => state !== 'starting')) this.#opened?.();
        break;
      case 'clients':
        child.clients = message;
        child.given = 0;
        this.#shareClients();
        break;
      case 'stats':
        this.stats.report(child.process.id, message.report);
        break;
      case 'sessions':
        this.#lists.answered(message.request, message.sessions);
        break;
      case 'sessions-on':
        this.#handovers.answered(message.request, message.report);
        break;
      case 'config-prepared':
        this.#configs.answered(message.request, message.problem);
        break;
      case 'statements':
        this.#statements.answered(message.request, message.lists);
        break;
      case 'kill':
        void this.#kill(child, message.order).then((report) => this.#send(child, { type: 'killed', request: message.request, report }));
        break;
      case 'ask-marks':
        void this.#groupMarks(child, message.cluster).then((marks) =>
          this.#send(child, {
            type: 'group-marks',
            cluster: message.cluster,
            request: message.request,
            marks,
            notBeforeMs: this.#deathMs,
          }),
        );
        break;
      case 'told-marks':
        this.#marks.answered(message.request, message.marks);
        break;
      case 'traced':
        this.#traces.answered(message.request, message.report);
        break;
      case 'killed':
        this.#kills.reported(message.request, message.report);
        break;
      default:
        this.#owner.received(message, (reply) => this.#send(child, reply));
    }
  }

  /** Of all others that serve clients; one that has not opened yet never told anybody anything. */
  #groupMarks(caller: Child, cluster: string): Promise<MarkList | undefined> {
    const asked = this.#children.filter((each) => each !== caller && !each.gone && each.state !== 'starting');
    return this.#marks.ask(asked.map((child) => (request) => this.#send(child, { type: 'tell-marks', cluster, request })));
  }

  /** Asks all: a worker that has been replaced may have had the session's number. */
  async trace(order: TraceOrder): Promise<TraceReport> {
    const asked = this.#children.filter(({ gone, state }) => !gone && state !== 'starting');
    return joinTraces(await this.#traces.ask(asked.map((child) => (request) => this.#send(child, { type: 'trace', request, order }))));
  }

  /** An operator's order. */
  kill(order: KillOrder): Promise<KillReport> {
    return this.#kill(undefined, order);
  }

  /** Looks for the victim of KILL among all but the worker that asks. */
  #kill(caller: Child | undefined, order: KillOrder): Promise<KillReport> {
    const owner = workerOf(order.id);
    const asked = this.#children.filter((each) => each !== caller && !each.gone && (owner === undefined || each.index % 256 === owner));
    return askInTurn(
      order,
      asked.map((child) => (given) => this.#kills.ask((request) => this.#send(child, { type: 'kill', request, order: given }))),
    );
  }

  #exited(child: Child, code: number | null, signal: string | null): void {
    child.gone = true;
    this.#deathMs = performance.now() + TO_MACHINE_MS;
    this.stats.ended(child.process.id);
    if (this.#draining) {
      this.#whenGone?.();
      return;
    }
    this.#owner.log.error(
      { worker: child.index, pid: child.process.process.pid, code, signal },
      'a worker died; its sessions are lost, it is started again',
    );
    const delayMs = Date.now() - child.startedAtMs < RESTART_AFTER_CRASH_MS ? RESTART_AFTER_CRASH_MS : 0;
    setTimeout(() => {
      if (!this.#draining) this.#children[child.index] = this.#fork(child.index, child.restarts + 1);
    }, delayMs);
  }

  /** Each worker is told how many clients all the others have. */
  #shareClients(): void {
    for (const child of this.#children) {
      let total = 0;
      const byAddress = new Map<string, number>();
      for (const other of this.#children) {
        if (other === child || other.gone) continue;
        total += other.clients.total;
        for (const [address, count] of other.clients.byAddress) byAddress.set(address, (byAddress.get(address) ?? 0) + count);
      }
      this.#send(child, { type: 'others', total, byAddress: [...byAddress] });
    }
  }

  get states(): readonly WorkerState[] {
    return this.#children.map(({ index, process: child, state, clients, restarts }) => {
      return { id: index, pid: child.process.pid ?? 0, state, clients: clients.total, restarts };
    });
  }

  async sessions(): Promise<readonly SessionReport[]> {
    return (await this.#lists.ask(this.#askers('sessions'))).flat();
  }

  async statements(): Promise<StatementLists> {
    return mergeLists(await this.#statements.ask(this.#askers('statements')));
  }

  /** A worker that does not answer may begin something new: then the version is -1. */
  async sessionsOn(cluster: string, backend: string, withThreads: boolean): Promise<HandoverReport> {
    const asked = this.#children.filter(({ gone, state }) => !gone && state !== 'starting');
    const reports = await this.#handovers.ask(
      asked.map((child) => (request) => this.#send(child, { type: 'sessions-on', request, cluster, backend, withThreads })),
    );
    const silent = asked.filter(({ gone }) => !gone).length > reports.length;
    return silent ? { ...joinReports(reports), version: -1 } : joinReports(reports);
  }

  /**
   * Asks every worker whether it can use a configuration.
   * @throws Error when one cannot, or does not answer
   */
  async prepare(config: Config): Promise<() => void> {
    const asked = this.#children.filter(({ gone, state }) => !gone && state !== 'starting');
    const problems = await this.#configs.ask(
      asked.map((child) => (request) => this.#send(child, { type: 'prepare-config', request, config })),
    );
    const problem = problems.find((each) => each !== undefined);
    if (problem !== undefined) throw new Error(problem);
    // One that died meanwhile is started again with what is in force then.
    const silent = asked.filter(({ gone }) => !gone).length - problems.length;
    if (silent > 0) throw new Error(`${silent} of ${asked.length} workers did not answer in time; nothing was changed`);
    return () => this.broadcast({ type: 'apply-config', config });
  }

  #askers(type: 'sessions' | 'statements'): ((request: number) => void)[] {
    return this.#children.filter(({ gone }) => !gone).map((child) => (request) => this.#send(child, { type, request }));
  }

  #whenGone: (() => void) | undefined;
  #cutNow: () => void = () => undefined;

  /** While they drain: what is left ends now. */
  cut(): void {
    this.#cutNow();
  }

  /** All workers drain and end; those that do not are killed a little after the time is over. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    for (const child of this.#children) child.state = 'draining';
    this.broadcast({ type: 'drain', timeoutMs });
    const living = () => this.#children.filter(({ gone }) => !gone);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs + KILL_AFTER_MS);
      this.#cutNow = () => {
        this.broadcast({ type: 'cut' });
        setTimeout(resolve, KILL_AFTER_MS).unref();
      };
      this.#whenGone = () => {
        if (living().length > 0) return;
        clearTimeout(timer);
        resolve();
      };
      this.#whenGone();
    });
    for (const child of living()) child.process.process.kill('SIGKILL');
  }
}

/**
 * One key for all workers: a client may meet another worker with the public key it was given. Made beside everything else of the start,
 * since it takes a tenth of a second and on a busy machine half of one.
 */
function newRsaPem(): Promise<string> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: 2048 }, (error, _publicKey, privateKey) => {
      if (error === null) resolve(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
      else reject(error);
    });
  });
}
