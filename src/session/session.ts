import type { BackendConnection } from '../backend/dial-request.js';
import { TrackFilter } from '../backend/track-filter.js';
import { DEFAULT_TRACKERS } from '../backend/tracker-settings.js';
import type { PacketSocket } from '../net/packet-socket.js';
import type { SocketError } from '../net/socket-error.js';
import { encodeErr } from '../protocol/err.js';
import { encodeFrames } from '../protocol/frame.js';
import { encodeOk } from '../protocol/ok.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { FrameRole, ResponseTracker } from '../protocol/response-tracker.js';
import { StatusFlag } from '../protocol/status-flags.js';
import { attach, detach, detachParked } from './attach.js';
import type { Attachment } from './attachment.js';
import { learntFrom, noteUpToDate } from './bring-up-to-date.js';
import type { ClientCommand } from './client-command.js';
import { type ClientError, internal, malformedPacket, packetsOutOfOrder, shutdown } from './client-errors.js';
import { charsetOfCollation } from './collations.js';
import { type CommandOwner, CommandReader } from './command-reader.js';
import { handlerOf } from './commands/index.js';
import { Departure } from './departure.js';
import { connectionFor } from './destination.js';
import { commitWithheld } from './guard/commit-withheld.js';
import { isReady } from './is-ready.js';
import { learnEffects } from './learn-effects.js';
import { LostState } from './lost-state.js';
import { reportLostState } from './lost-state-guard.js';
import type { LostTransaction } from './lost-transaction.js';
import { guardLostTransaction } from './lost-transaction-guard.js';
import { noteAnswer } from './note-answer.js';
import { ownOk } from './own-ok.js';
import { bringForward, park } from './parking.js';
import { mayFollow, type Phase } from './phases.js';
import { place } from './place.js';
import { PreparedStatements } from './prepared-statements.js';
import { refuseQuarantined } from './quarantine-guard.js';
import { afterRefusal } from './refusal.js';
import type { RelayOwner } from './relay.js';
import { noteSending } from './replay/note-sending.js';
import { Replies } from './replies.js';
import { connectionLost, followSnapshot } from './repoint.js';
import { ruled, type SessionRules } from './ruling.js';
import type { ClientIdentity, ClusterServices, Route, SessionServices } from './services.js';
import { SessionCounters } from './session-counters.js';
import type { SessionOpening } from './session-opening.js';
import { SessionState } from './session-state.js';
import type { Statement } from './statement.js';
import { digestOf } from './statement-digest.js';
import { TimeLimit } from './time-limit.js';

const NONE: readonly Attachment[] = [];

/**
 * One client connection and its state. It joins the client's side and the backend's side; what happens to a command is in `commands/`,
 * to an answer in `replies` and `relay`, at the loss of a server in `repoint`.
 */
export class Session implements CommandOwner, RelayOwner {
  readonly opening: SessionOpening;
  identity: ClientIdentity;
  /** Of the present or the last statement; a rule may lead to another one than the listener. */
  cluster: ClusterServices;
  state: SessionState;
  nonce: Buffer;
  readonly prepared = new PreparedStatements();
  readonly lostState = new LostState();
  readonly reader: CommandReader;
  readonly replies: Replies;
  readonly departure: Departure;
  /** Hides what our own tracking makes the server say. */
  trackFilter: TrackFilter;
  lostTransaction: LostTransaction | undefined;
  /** The connection that the present or the last statement uses. */
  attachment: Attachment | undefined;
  /** Others that the session has, with nothing running on them. */
  parked: readonly Attachment[] = NONE;
  /** The one that holds what cannot be moved. */
  pinHolder: Attachment | undefined;
  /** A connection is gone, and the next one takes its place. */
  repointing = false;
  /** The command under way. */
  statement: Statement | undefined;
  timeLimit: TimeLimit | undefined;
  rules: SessionRules | undefined;
  /** With autocommit=0: digest of the open transaction's first statement. */
  transactionStart: string | undefined;
  /** When the last answer was complete; `performance.now()`, ms. */
  restingSinceMs = performance.now();
  lostOn = '';
  /** Cancels what the phases `login` and `placing` wait for. */
  cancelPlacing: (() => void) | undefined;
  #holding = false;
  readonly #counters: SessionCounters;
  #phase: Phase = 'login';
  /** The rest of a large command, or LOCAL INFILE data, is still coming. */
  #streaming = false;
  #afterStream: (() => void) | undefined;
  #draining = false;
  #serial = 0;
  /** Of its state, when the present statement was sent. */
  #revisionBefore = 0;

  constructor(opening: SessionOpening) {
    this.opening = opening;
    this.#counters = new SessionCounters(opening.services.stats.clients);
    this.identity = opening.identity;
    this.cluster = opening.cluster;
    this.nonce = opening.nonce;
    this.state = new SessionState(opening.schema, charsetOfCollation(opening.identity.charset), opening.cluster.safeFunctions);
    this.reader = new CommandReader(opening.client, this, opening.services);
    this.trackFilter = new TrackFilter(opening.identity.capabilities);
    this.replies = new Replies(this);
    this.departure = new Departure(this);
    opening.client.handler = this.reader;
  }

  get client(): PacketSocket {
    return this.opening.client;
  }
  get services(): SessionServices {
    return this.opening.services;
  }
  get phase(): Phase {
    return this.#phase;
  }

  set phase(next: Phase) {
    if (!mayFollow(this.#phase, next)) throw new Error(`session ${this.opening.id}: no way from ${this.#phase} to ${next}`);
    this.#phase = next;
    this.#counters.state(this.#phase, this.#holding);
  }

  /** The present statement waits for a target. */
  get holding(): boolean {
    return this.#holding;
  }

  set holding(holding: boolean) {
    this.#holding = holding;
    this.#counters.state(this.#phase, this.#holding);
    // Not at once: whoever says so is about to wait, and must be able to be cancelled.
    if (holding && this.departure.isDue) queueMicrotask(() => this.#holding && this.departure.held());
  }

  /** The connection with this serial number; undefined where it is gone. */
  connection(serial: number): Attachment | undefined {
    return this.attachment?.serial === serial ? this.attachment : this.parked.find((each) => each.serial === serial);
  }

  /** Adds what both sockets have carried since the last call to the counters. */
  countBytes(): void {
    this.#counters.bytes(this.client);
    this.attachment?.countBytes();
    for (const each of this.parked) each.countBytes();
  }

  /** As of the last answer; also while it waits to be replayed. */
  get inTransaction(): boolean {
    if (this.lostTransaction?.record !== undefined) return true;
    return this.attachment !== undefined && (this.attachment.statusFlags & StatusFlag.IN_TRANS) !== 0;
  }

  /** Login is over: commands may come. */
  opened(): void {
    this.phase = 'idle';
    this.nextCommand();
  }

  // --- the client's side

  commandReady(): void {
    if (this.#phase === 'idle') this.nextCommand();
  }

  /** Works off waiting commands until one keeps the session busy. */
  nextCommand(): void {
    while (this.#phase === 'idle') {
      const command = this.reader.take();
      if (command === undefined) {
        this.#rest();
        return;
      }
      this.#begin(command);
    }
  }

  #begin(command: ClientCommand): void {
    try {
      handlerOf(command.code).begin(this, command);
    } catch (error) {
      if (error instanceof ProtocolError) this.#clientBroke(error.message, malformedPacket());
      else this.failed(error);
    }
  }

  /** A bug of ours ends this session and no other. */
  failed(error: unknown): void {
    this.services.log.error({ session: this.opening.id, phase: this.#phase, error }, 'a session met a bug of ours and is ended');
    this.endWith(internal());
  }

  /** Nothing to do: the moment to leave, for whoever wants to. */
  #rest(): void {
    if (this.departure.isDue) this.close();
    else if (this.#draining && !this.inTransaction) this.endWith(shutdown());
    else followSnapshot(this);
  }

  /** Runs a command on a backend; at once where that is possible. */
  run(statement: Statement): void {
    this.statement = statement;
    if (ruled(this, statement)) return;
    if (this.lostTransaction !== undefined && guardLostTransaction(this, statement)) return;
    if (!this.lostState.isEmpty && reportLostState(this, statement)) return;
    if (refuseQuarantined(this, statement)) return;
    const attachment = connectionFor(this, statement);
    if (attachment !== undefined && isReady(this, statement, attachment)) {
      bringForward(this, attachment);
      this.send(statement, attachment);
    } else {
      place(this, statement).catch((error: unknown) => this.failed(error));
    }
  }

  /** Writes the statement to its backend. */
  send(statement: Statement, attachment: Attachment): void {
    const { command } = statement;
    const { packets, capabilities, mariadbCapabilities } = attachment.connection;
    this.phase = 'running';
    attachment.useFor(statement.route);
    noteSending(this, statement, attachment);
    this.#revisionBefore = this.state.revision;
    statement.sent = true;
    statement.answered = false;
    this.replies.begin();
    this.trackFilter.passesAll = statement.namesTrackers;
    attachment.relay.expect(command.code, capabilities, mariadbCapabilities);
    this.timeLimit?.stop();
    if (statement.allowed !== undefined) this.timeLimit = new TimeLimit(this, statement, attachment, statement.allowed);
    const parts = handlerOf(command.code).outgoing?.(statement, attachment) ?? command.parts;
    if (parts.length > 1) packets.cork();
    for (const part of parts) packets.write(part);
    if (parts.length > 1) packets.uncork();
    if (!command.complete) {
      statement.notKept();
      this.#streaming = true;
      this.reader.streamRest(command);
    } else if (attachment.relay.tracker.done) {
      this.finish(true);
    }
  }

  /** Takes the rest of a large command from the client and throws it away; the answer waits until then. */
  skipRest(command: ClientCommand): void {
    this.phase = 'placing';
    this.#streaming = true;
    this.reader.streamRest(command);
  }

  passThrough(bytes: Buffer): void {
    if (this.statement?.sent !== true) return;
    const packets = this.attachment?.connection.packets;
    if (packets !== undefined && !packets.write(bytes)) this.reader.backendFull();
  }

  passThroughEnded(): void {
    this.#streaming = false;
    const after = this.#afterStream;
    this.#afterStream = undefined;
    if (after !== undefined) after();
    else if (this.attachment?.relay.tracker.done === true) this.finish(true);
  }

  /** The client is still sending a large command, or its file. */
  get isStreaming(): boolean {
    return this.#streaming;
  }

  /** The server asked for the client's file. */
  streamInfile(): void {
    this.#streaming = true;
    this.reader.streamInfile();
  }

  clientDrained(): void {
    this.attachment?.connection.packets.resume();
  }

  clientEnded(): void {
    this.departure.ended();
  }

  clientClosed(_error: SocketError | undefined): void {
    this.departure.closed();
  }

  clientOutOfOrder(): void {
    this.#clientBroke('sequence ids out of order', packetsOutOfOrder());
  }

  #clientBroke(why: string, error: ClientError): void {
    this.services.log.info({ session: this.opening.id, client: this.identity.address, why }, 'client broke the protocol');
    this.endWith(error);
  }

  // --- the backend's side

  /** Takes a new backend connection into use. */
  adopt(connection: BackendConnection, route: Route): Attachment {
    park(this);
    this.#serial += 1;
    this.attachment = attach(this, connection, this.#serial, route);
    noteUpToDate(this, this.attachment);
    this.state.on(connection.greeting.serverVersion);
    if (this.repointing) {
      this.repointing = false;
      this.services.stats.repoint(this.lostState.isEmpty ? 'moved' : 'state-lost');
      this.cluster.link.outcome('repointed');
    }
    return this.attachment;
  }

  replyFrame(role: FrameRole, frame: Buffer, tracker: ResponseTracker): Buffer | undefined {
    return this.replies.frame(role, frame, tracker);
  }

  replyEnded(): void {
    if (this.replies.refusal !== undefined) afterRefusal(this, this.replies.takeRefusal()).catch((error: unknown) => this.failed(error));
    else if (this.statement?.guard?.answer !== undefined) commitWithheld(this).catch((error: unknown) => this.failed(error));
    else if (this.#streaming) this.#afterStream = () => this.finish(this.replies.lastOk);
    else this.finish(this.replies.lastOk);
  }

  unexpectedFrame(frame: Buffer): void {
    if (this.attachment !== undefined) this.attachment.farewell = Buffer.from(frame);
  }

  backendDrained(): void {
    this.reader.backendReady();
  }

  backendClosed(error: SocketError | undefined): void {
    connectionLost(this, error).catch((cause: unknown) => this.failed(cause));
  }

  /** The answer has been given by the backend. */
  finish(ok: boolean): void {
    if (this.timeLimit?.ending(ok) === true) return;
    const { statement, attachment } = this;
    this.statement = undefined;
    if (statement !== undefined && attachment !== undefined) {
      this.restingSinceMs = performance.now();
      noteAnswer(this, statement, attachment, ok);
      learnEffects(this, statement, ok);
      handlerOf(statement.command.code).completed?.(this, statement, ok);
      learntFrom(this, attachment, this.#revisionBefore, statement);
      if (this.cluster.link.watchesDigests && statement.facts !== undefined)
        this.cluster.link.completed(digestOf(statement, this.state.dialect, this.services.digests));
    }
    if (this.#phase === 'running') this.phase = 'idle';
    this.nextCommand();
  }

  /** Answers the present command with an OK of our own. */
  answerOk(): void {
    this.#answer((sequence) => encodeFrames(encodeOk(ownOk(this), this.identity.capabilities, 0x00), sequence));
  }

  /** Answers the present command with an ERR, in place of the next packet when a part of the answer has gone out. */
  answerError(error: ClientError): void {
    this.#answer((sequence) => encodeFrames(encodeErr(error, this.identity.capabilities), sequence));
  }

  #answer(encode: (sequence: number) => Buffer): void {
    if (this.#streaming) {
      // The rest of what the client is sending has to come first; there is nobody left to take it.
      this.#afterStream = () => this.#answer(encode);
      return;
    }
    const { statement } = this;
    this.statement = undefined;
    this.client.write(encode(statement?.answered === true ? (this.replies.lastSequenceId + 1) & 0xff : (statement?.answerSequenceId ?? 1)));
    if (this.#phase === 'closed') return;
    if (this.#phase !== 'idle') this.phase = 'idle';
    queueMicrotask(() => this.nextCommand());
  }

  /** COM_CHANGE_USER: somebody else, as after a login. */
  become(identity: ClientIdentity, schema: string | undefined): void {
    this.identity = identity;
    this.resetState();
    this.state = new SessionState(schema, charsetOfCollation(identity.charset), this.opening.cluster.safeFunctions);
    this.trackFilter = new TrackFilter(identity.capabilities);
  }

  /** COM_RESET_CONNECTION: the same account, as after its login. */
  resetState(): void {
    this.state.reset();
    this.prepared.clear();
    this.rules = undefined;
    this.lostState.clear();
    this.lostTransaction = undefined;
    this.transactionStart = undefined;
    this.trackFilter.settings = DEFAULT_TRACKERS;
  }

  /** Finish the transaction, then say goodbye. */
  drain(): void {
    this.#draining = true;
    if (this.#phase === 'idle' && !this.inTransaction && this.reader.isEmpty) this.endWith(shutdown());
  }

  /** The time to drain is over. */
  endNow(): void {
    this.endWith(shutdown());
  }

  /** Ends the client with an ERR where one still fits. */
  endWith(error: ClientError): void {
    this.endWithFrame(encodeFrames(encodeErr(error, this.identity.capabilities), this.#closingSequence()));
  }

  #closingSequence(): number {
    if (this.statement === undefined) return 0;
    const { relay } = this.attachment ?? {};
    if (relay?.forwarded === true) return (relay.lastSequenceId + 1) & 0xff;
    return this.statement.answered ? (this.replies.lastSequenceId + 1) & 0xff : this.statement.answerSequenceId;
  }

  /** Ends the client with a last frame, or with nothing where a packet is cut in its middle. */
  endWithFrame(frame: Buffer | undefined): void {
    if (this.#phase === 'closed') return;
    const fits = this.attachment?.relay.midPacket !== true;
    if (frame !== undefined && fits) this.client.end(frame);
    else this.client.end();
    this.close();
  }

  /** Both sides end; idempotent. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.phase = 'closed';
    this.countBytes();
    this.cancelPlacing?.();
    this.departure.stop();
    this.timeLimit?.stop();
    detach(this);
    detachParked(this);
    if (!this.client.closing) this.client.end();
    this.opening.closed(this);
  }
}
