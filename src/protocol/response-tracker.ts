import { Capability, has, MariadbCapability } from './capabilities.js';
import { Command, commandName } from './commands.js';
import { MAX_PAYLOAD } from './frame.js';
import { byteAt, scanU16, skipLenenc, smallLenenc } from './lenenc-scan.js';
import { ProtocolError } from './protocol-error.js';
import { StatusFlag } from './status-flags.js';

/** What a frame of the server's answer is. `data`: statistics text, binlog event, MariaDB's progress report. */
export type FrameRole =
  | 'ok'
  | 'err'
  | 'eof'
  | 'result-header'
  | 'column'
  | 'row'
  | 'local-infile'
  | 'prepare-ok'
  | 'param'
  | 'data'
  | 'continuation'
  | 'auth';

/** Which frame must come next. */
type Phase =
  | 'result' // the first frame of a result: OK, ERR, LOCAL INFILE request or column count
  | 'definitions' // those of the present block
  | 'definitions-eof'
  | 'rows'
  | 'fetched-rows' // rows of COM_STMT_FETCH: nothing can follow them
  | 'prepare'
  | 'fields' // columns of COM_FIELD_LIST, uncounted
  | 'single' // OK, EOF or ERR
  | 'text' // one frame of anything
  | 'stream' // binlog events until EOF or ERR
  | 'auth'
  | 'done';

/** What a run of definitions describes: a result's columns, a prepared statement's parameters or (behind those) its columns. */
type Block = 'columns' | 'params' | 'prepared-columns';

/** 0xfe begins an EOF only in frames shorter than this; in longer ones it is the length of a huge first value. */
const EOF_LIMIT = 9;
/** An OK takes at least 7 bytes, an EOF at most 5: so the length tells which of them a 0xfe begins, whatever was agreed. */
const SHORTEST_OK = 7;
const PROGRESS_REPORT = 0xffff;
const PACKET = 'answer';

/**
 * Follows a server's answer to one command frame by frame and knows when it ends. It reads first bytes and status flags only and
 * allocates nothing, because every packet of every result passes through it.
 *
 * One tracker per backend connection: `begin` at each command, `frame` for each frame that comes, in order, until `done`.
 */
export class ResponseTracker {
  #phase: Phase = 'done';
  #command = 0;
  #deprecateEof = false;
  #metadataFlag = false;
  #prepareFlag = false;
  #withStatus = false;
  #progressReports = false;
  /** The last frame was of MAX_PAYLOAD bytes: the next one belongs to the same packet. */
  #continues = false;
  #block: Block = 'columns';
  /** Definitions still to come in this block. */
  #definitions = 0;
  /** False when only their counts are told (optional metadata). */
  #definitionsFollow = true;
  /** Columns that follow the parameters of a prepared statement. */
  #preparedColumns = 0;
  #statusFlags: number;
  #awaitsClientData = false;
  #rows = 0;
  #results = 0;

  /** @param statusFlags those of the login's OK, so that `statusFlags` is right even when the first command fails. */
  constructor(statusFlags = 0) {
    this.#statusFlags = statusFlags;
  }

  /** The answer is complete; also before the first `begin`, and at once for commands without an answer. */
  get done(): boolean {
    return this.#phase === 'done' && !this.#continues;
  }

  /** Status flags of the last OK or EOF on this connection. ERR packets carry none: the flags before them stand. */
  get statusFlags(): number {
    return this.#statusFlags;
  }

  /** The server asked for a file (LOCAL INFILE): the client's packets are file content up to its empty packet. */
  get awaitsClientData(): boolean {
    return this.#awaitsClientData;
  }

  /** Rows seen since `begin`, over all results. */
  get rows(): number {
    return this.#rows;
  }

  /** Results completed since `begin`: more than one for multi-statements and CALL. */
  get results(): number {
    return this.#results;
  }

  /** A command goes to the server. What was left of an earlier answer is forgotten. */
  begin(command: number, capabilities: number, mariadbCapabilities = 0): void {
    this.#command = command;
    this.#deprecateEof = has(capabilities, Capability.DEPRECATE_EOF);
    this.#prepareFlag = has(capabilities, Capability.OPTIONAL_RESULTSET_METADATA);
    this.#metadataFlag = this.#prepareFlag || has(mariadbCapabilities, MariadbCapability.CACHE_METADATA);
    this.#withStatus = has(capabilities, Capability.PROTOCOL_41) || has(capabilities, Capability.TRANSACTIONS);
    this.#progressReports = has(mariadbCapabilities, MariadbCapability.PROGRESS);
    this.#continues = false;
    this.#awaitsClientData = false;
    this.#rows = 0;
    this.#results = 0;
    this.#phase = firstPhase(command);
  }

  /** The client's empty packet went to the server: its next packets are commands again. */
  clientDataEnded(): void {
    this.#awaitsClientData = false;
  }

  /**
   * One frame of the answer: its payload begins at `start` and has `length` bytes, of which at least the first min(length, 64) are in
   * `buffer`.
   * @throws ProtocolError for a frame that cannot come here; the connection is then of no use any more.
   */
  frame(buffer: Buffer, start: number, length: number): FrameRole {
    if (this.#continues) {
      this.#continues = length === MAX_PAYLOAD;
      return 'continuation';
    }
    if (this.#phase === 'done') throw this.#unexpected('a frame after the end');
    const end = Math.min(start + length, buffer.length);
    const first = byteAt(buffer, start, end, PACKET);
    this.#continues = length === MAX_PAYLOAD;
    // 0xff begins neither a value nor a count, so it is an error wherever it stands.
    if (first === 0xff) return this.#error(buffer, start, end);
    const isEnd = first === 0xfe && (length < EOF_LIMIT || (this.#deprecateEof && length < MAX_PAYLOAD));
    switch (this.#phase) {
      case 'rows':
      case 'fetched-rows':
        if (isEnd) return this.#endOfResult(buffer, start, end);
        this.#rows += 1;
        return 'row';
      case 'definitions':
        return this.#definition(isEnd);
      case 'definitions-eof':
        return this.#endOfDefinitions(buffer, start, end, isEnd);
      case 'result':
        return this.#firstOfResult(buffer, start, end, isEnd);
      case 'prepare':
        return this.#prepareOk(buffer, start, end);
      case 'fields':
        return isEnd ? this.#endOfResult(buffer, start, end) : 'column';
      case 'stream':
        if (first === 0x00) return 'data';
        return this.#onlyResult(buffer, start, end, isEnd);
      case 'single':
        return this.#onlyResult(buffer, start, end, isEnd || first === 0x00);
      case 'auth':
        return first === 0x00 ? this.#endOfResult(buffer, start, end) : 'auth';
      case 'text':
        this.#phase = 'done';
        return 'data';
    }
  }

  #firstOfResult(buffer: Buffer, start: number, end: number, isEnd: boolean): FrameRole {
    const first = buffer[start];
    this.#awaitsClientData = first === 0xfb;
    if (first === 0xfb) return 'local-infile';
    // A bare EOF or 0xfe-OK was never seen here, but as a count of columns it would be absurd: take it for the end it is.
    if (first === 0x00 || isEnd) return this.#endOfResult(buffer, start, end);
    const columns = smallLenenc(buffer, start, end, 'result-header');
    // The flag stands behind the count (the manual says before): a 0 in front would read as OK.
    const flagAt = skipLenenc(buffer, start, end, 'result-header');
    this.#definitionsFollow = !this.#metadataFlag || byteAt(buffer, flagAt, end, 'result-header') !== 0;
    this.#beginBlock('columns', columns);
    return 'result-header';
  }

  #prepareOk(buffer: Buffer, start: number, end: number): FrameRole {
    if (buffer[start] !== 0x00) throw this.#unexpected('no OK');
    this.#preparedColumns = scanU16(buffer, start + 5, end, 'stmt-prepare-ok');
    const params = scanU16(buffer, start + 7, end, 'stmt-prepare-ok');
    this.#definitionsFollow = !this.#prepareFlag || byteAt(buffer, start + 12, end, 'stmt-prepare-ok') !== 0;
    this.#beginBlock('params', params);
    return 'prepare-ok';
  }

  #beginBlock(block: Block, count: number): void {
    this.#block = block;
    this.#definitions = count;
    if (count === 0) this.#afterBlock();
    else if (this.#definitionsFollow) this.#phase = 'definitions';
    else this.#endBlock();
  }

  #definition(isEnd: boolean): FrameRole {
    if (isEnd) throw this.#unexpected(`an end with ${this.#definitions} definitions missing`);
    const role = this.#block === 'params' ? 'param' : 'column';
    this.#definitions -= 1;
    if (this.#definitions === 0) this.#endBlock();
    return role;
  }

  /** The EOF comes even where the definitions before it are left out (seen on MySQL 8.0). */
  #endBlock(): void {
    if (this.#deprecateEof) this.#afterBlock();
    else this.#phase = 'definitions-eof';
  }

  #endOfDefinitions(buffer: Buffer, start: number, end: number, isEnd: boolean): FrameRole {
    if (!isEnd) throw this.#unexpected('no EOF behind the definitions');
    const role = this.#readStatus(buffer, start, end);
    // With DEPRECATE_EOF an OK in place of the rows tells that a cursor was opened, without it this EOF.
    const cursor = this.#command === Command.STMT_EXECUTE && (this.#statusFlags & StatusFlag.CURSOR_EXISTS) !== 0;
    if (cursor && this.#block === 'columns') this.#nextResult();
    else this.#afterBlock();
    return role;
  }

  #afterBlock(): void {
    if (this.#block === 'columns') this.#phase = 'rows';
    else if (this.#block === 'params') this.#beginBlock('prepared-columns', this.#preparedColumns);
    else this.#phase = 'done';
  }

  #onlyResult(buffer: Buffer, start: number, end: number, expected: boolean): FrameRole {
    if (!expected) throw this.#unexpected(`a frame that begins with 0x${byteAt(buffer, start, end, PACKET).toString(16).padStart(2, '0')}`);
    return this.#endOfResult(buffer, start, end);
  }

  /** An OK or EOF that completes a result. */
  #endOfResult(buffer: Buffer, start: number, end: number): FrameRole {
    const before = this.#statusFlags;
    const role = this.#readStatus(buffer, start, end);
    // MySQL 8.0 forgets in the EOF behind a CALL's OUT parameters what it said in the EOF before them: that an OK follows.
    if (role === 'eof' && this.#phase === 'rows' && (before & StatusFlag.PS_OUT_PARAMS) !== 0) {
      this.#statusFlags |= before & StatusFlag.MORE_RESULTS_EXISTS;
    }
    this.#nextResult();
    return role;
  }

  #nextResult(): void {
    this.#results += 1;
    // Only commands that run statements have further results; elsewhere the flag may be left over from one.
    const canHaveMore = this.#phase === 'result' || this.#phase === 'rows' || this.#phase === 'definitions-eof';
    this.#phase = canHaveMore && (this.#statusFlags & StatusFlag.MORE_RESULTS_EXISTS) !== 0 ? 'result' : 'done';
  }

  #readStatus(buffer: Buffer, start: number, end: number): 'ok' | 'eof' {
    const isEof = buffer[start] === 0xfe && end - start < SHORTEST_OK;
    if (!this.#withStatus) {
      this.#statusFlags = 0;
    } else if (isEof) {
      this.#statusFlags = scanU16(buffer, start + 3, end, 'eof');
    } else {
      const insertId = skipLenenc(buffer, start + 1, end, 'ok');
      this.#statusFlags = scanU16(buffer, skipLenenc(buffer, insertId, end, 'ok'), end, 'ok');
    }
    return isEof ? 'eof' : 'ok';
  }

  #error(buffer: Buffer, start: number, end: number): FrameRole {
    if (this.#progressReports && scanU16(buffer, start + 1, end, 'err') === PROGRESS_REPORT) return 'data';
    this.#awaitsClientData = false;
    this.#phase = 'done';
    return 'err';
  }

  #unexpected(what: string): ProtocolError {
    return new ProtocolError('PM_PROTOCOL_UNEXPECTED', PACKET, `${what} (${commandName(this.#command)}, phase ${this.#phase})`);
  }
}

function firstPhase(command: number): Phase {
  switch (command) {
    case Command.QUERY:
    case Command.STMT_EXECUTE:
    case Command.STMT_BULK_EXECUTE:
    case Command.PROCESS_INFO:
      return 'result';
    case Command.STMT_PREPARE:
      return 'prepare';
    case Command.STMT_FETCH:
      return 'fetched-rows';
    case Command.FIELD_LIST:
      return 'fields';
    case Command.STATISTICS:
      return 'text';
    case Command.BINLOG_DUMP:
    case Command.BINLOG_DUMP_GTID:
      return 'stream';
    case Command.CHANGE_USER:
      return 'auth';
    case Command.QUIT:
    case Command.STMT_CLOSE:
    case Command.STMT_SEND_LONG_DATA:
      return 'done'; // the server never answers these
    default:
      return 'single';
  }
}
