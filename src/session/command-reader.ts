import type { FrameHandler, PacketSocket } from '../net/packet-socket.js';
import type { SocketError } from '../net/socket-error.js';
import { Command } from '../protocol/commands.js';
import { HEADER_SIZE, MAX_PAYLOAD, payloadLength, sequenceId } from '../protocol/frame.js';
import type { ClientCommand } from './client-command.js';

/** What the reader needs from its session. */
export interface CommandOwner {
  /** A command has been queued; take it with `take()` when free. */
  commandReady(): void;
  /** Bytes that go straight to the backend: the rest of a large command, or LOCAL INFILE data. */
  passThrough(bytes: Buffer): void;
  /** The last of them has been given. */
  passThroughEnded(): void;
  clientDrained(): void;
  /** FIN: the client sends no more, but may still read. */
  clientEnded(): void;
  clientClosed(error: SocketError | undefined): void;
  /** Frames whose sequence ids do not follow each other. */
  clientOutOfOrder(): void;
}

/** Commands waiting behind the running one, in bytes; above it the client is not read until some are worked off. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/**
 * Turns the client's frames into commands. The client is always read, also while its statement runs or is held (a paused socket sees
 * neither FIN nor RST), so what it sends ahead is queued here within a bound.
 */
export class CommandReader implements FrameHandler {
  readonly #packets: PacketSocket;
  readonly #owner: CommandOwner;
  readonly #bounds: { readonly maxRerunBytes: number };
  #queue: ClientCommand[] = [];
  #queuedBytes = 0;
  #building: ClientCommand | undefined;
  /** The frame being read is the last one of its command. */
  #lastFrame = true;
  #passing: 'no' | 'command' | 'infile' = 'no';
  /** The client is not read because the queue is full, or a large command waits for its backend. */
  #paused = false;
  /** The client is not read because its backend takes no more now. */
  #backendFull = false;
  /** Nobody works on a command: the last `take` found none. */
  #wanted = false;
  /** A frame that begins no command, sent while one is under way: the file of a LOAD DATA LOCAL whose client did not wait to be asked. */
  #early: { readonly frame: Buffer; readonly isWhole: boolean } | undefined;
  /** The last frame of a local file was 16 MiB - 1, so that the next one belongs to it, even an empty one. */
  #fileContinues = false;

  /** @param bounds a larger command is not kept whole but streams to the backend (and cannot be sent a second time) */
  constructor(packets: PacketSocket, owner: CommandOwner, bounds: { readonly maxRerunBytes: number }) {
    this.#packets = packets;
    this.#owner = owner;
    this.#bounds = bounds;
  }

  /** The oldest waiting command; undefined when there is none. */
  take(): ClientCommand | undefined {
    const command = this.#queue.shift();
    this.#wanted = command === undefined;
    if (command === undefined) {
      // All before it has been answered, and nobody asked for a file.
      if (this.#early !== undefined) this.#outOfOrder();
      return undefined;
    }
    this.#queuedBytes -= command.bytes;
    this.#packets.ids?.answering(command.packedIn);
    // The rest of an incomplete command must stay with the client until its turn has come: see streamRest.
    const isOpen = command.complete && this.#queue.every(({ complete }) => complete) && this.#early === undefined;
    if (this.#paused && this.#queuedBytes < MAX_QUEUED_BYTES && isOpen) this.#resume();
    return command;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** The rest of a large command, or LOCAL INFILE data, is on its way: should the client go, its server must never take it for whole. */
  get isMidCommand(): boolean {
    return this.#passing !== 'no';
  }

  /** True when COM_QUIT waits behind what is unanswered: the client left in good order. */
  get quitBehind(): boolean {
    return this.#queue.some((command) => command.code === Command.QUIT);
  }

  /** After the buffered part of an incomplete command was sent: the rest goes to `passThrough`. */
  streamRest(command: ClientCommand): void {
    this.#passing = 'command';
    this.#building = command;
    this.#resume();
  }

  /** The server asked for a local file: the client's frames go to `passThrough` until an empty one. */
  streamInfile(): void {
    this.#passing = 'infile';
    this.#fileContinues = false;
    this.#packets.ids?.fileFollows();
    // Not now: the server's request is still being looked at.
    if (this.#early !== undefined) queueMicrotask(() => this.#giveEarly());
  }

  #giveEarly(): void {
    const early = this.#early;
    if (early === undefined || this.#passing !== 'infile') return;
    this.#early = undefined;
    if (early.isWhole) this.onFrame(early.frame, 0, early.frame.length);
    else this.onPart(early.frame, 0, early.frame.length, true, false);
    this.#resume();
  }

  /** Servers look at sequence ids when they come to a packet, not before: answers to earlier commands are not lost for it. */
  #isEarly(chunk: Buffer, start: number, end: number, isWhole: boolean): boolean {
    if (this.#building !== undefined || sequenceId(chunk, start) === 0) return false;
    if (this.#wanted && this.#queue.length === 0) {
      this.#outOfOrder();
    } else {
      this.#early = { frame: Buffer.from(chunk.subarray(start, end)), isWhole };
      this.#pause();
    }
    return true;
  }

  #outOfOrder(): void {
    this.#early = undefined;
    this.#owner.clientOutOfOrder();
  }

  /** What `passThrough` was given has to wait: the client is not read until `backendReady`. */
  backendFull(): void {
    this.#backendFull = true;
    this.#packets.pause();
  }

  /** The backend takes more, or there is none any more. */
  backendReady(): void {
    this.#backendFull = false;
    if (!this.#paused) this.#packets.resume();
  }

  /** Commands not begun are forgotten: the client is gone. */
  discard(): void {
    this.#early = undefined;
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    if (this.#passing === 'no') {
      if (this.#isEarly(chunk, start, end, true)) return;
      this.#begin(chunk, start);
      this.#add(chunk, start, end, true);
      return;
    }
    if (!this.#follows(chunk, start)) return;
    const length = payloadLength(chunk, start);
    const endsFile = length === 0 && !this.#fileContinues;
    this.#fileContinues = length === MAX_PAYLOAD;
    this.#pass(chunk.subarray(start, end), this.#passing === 'infile' ? endsFile : length < MAX_PAYLOAD);
  }

  onPart(chunk: Buffer, start: number, end: number, first: boolean, last: boolean): void {
    if (this.#passing === 'no') {
      if (first) {
        if (this.#isEarly(chunk, start, end, false)) return;
        this.#begin(chunk, start);
      }
      this.#add(chunk, start, end, last);
      return;
    }
    if (first) {
      if (!this.#follows(chunk, start)) return;
      this.#lastFrame = payloadLength(chunk, start) < MAX_PAYLOAD;
      this.#fileContinues = !this.#lastFrame;
    }
    this.#pass(chunk.subarray(start, end), this.#passing === 'command' && last && this.#lastFrame);
  }

  #begin(chunk: Buffer, start: number): void {
    const length = payloadLength(chunk, start);
    this.#lastFrame = length < MAX_PAYLOAD;
    if (this.#building !== undefined) {
      this.#follows(chunk, start);
      return;
    }
    // To a server an empty packet is COM_SLEEP, which nobody may send.
    const code = length === 0 ? Command.SLEEP : (chunk[start + HEADER_SIZE] ?? Command.SLEEP);
    this.#building = { code, parts: [], bytes: 0, announcedBytes: length, complete: false, lastSequenceId: 0, packedIn: 0 };
  }

  /** A further frame of the command being read; false: it is none, and the client has been told. (Of a local file the server looks itself.) */
  #follows(chunk: Buffer, start: number): boolean {
    const command = this.#building;
    if (command === undefined) return true;
    const sequence = sequenceId(chunk, start);
    if (sequence !== ((command.lastSequenceId + 1) & 0xff)) {
      this.#building = undefined;
      this.#owner.clientOutOfOrder();
      return false;
    }
    command.lastSequenceId = sequence;
    command.announcedBytes += payloadLength(chunk, start);
    return true;
  }

  #add(chunk: Buffer, start: number, end: number, frameComplete: boolean): void {
    const command = this.#building;
    if (command === undefined) return;
    command.parts.push(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
    command.bytes += end - start;
    if (frameComplete && this.#lastFrame) {
      command.complete = true;
      this.#building = undefined;
      this.#enqueue(command);
    } else if (command.bytes > this.#bounds.maxRerunBytes) {
      this.#building = undefined;
      this.#pause();
      this.#enqueue(command);
    }
  }

  #enqueue(command: ClientCommand): void {
    const { ids } = this.#packets;
    if (ids !== undefined) command.packedIn = ids.lastReceived;
    this.#queue.push(command);
    this.#queuedBytes += command.bytes;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#pause();
    this.#owner.commandReady();
  }

  #pass(bytes: Buffer, ends: boolean): void {
    this.#owner.passThrough(bytes);
    if (!ends) return;
    if (this.#building !== undefined) this.#building.complete = true;
    this.#building = undefined;
    this.#passing = 'no';
    const { ids } = this.#packets;
    ids?.commandsFollow();
    ids?.answering(ids.lastReceived);
    this.#owner.passThroughEnded();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#packets.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#backendFull) this.#packets.resume();
  }

  onBatchEnd(): void {}

  onDrain(): void {
    this.#owner.clientDrained();
  }

  onEnd(): void {
    this.#owner.clientEnded();
  }

  onClose(error: SocketError | undefined): void {
    this.#owner.clientClosed(error);
  }
}
