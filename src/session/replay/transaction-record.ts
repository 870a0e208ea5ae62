import type { ParameterType } from '../../protocol/parameter-types.js';
import type { Route } from '../../routing/router.js';
import { DependsOn, type StatementFacts } from '../../sql/facts.js';
import type { CarriedState } from '../carried-state.js';
import type { Statement } from '../statement.js';
import { AnswerDigest, type AnswerSum } from './answer-digest.js';
import type { ReplayFailure } from './replay-cause.js';
import type { ReplayMemory } from './replay-memory.js';

/** One statement of a transaction, and what its answer came to. */
export interface RecordedStatement extends AnswerSum {
  readonly statement: Statement;
  /** Frames of COM_STMT_SEND_LONG_DATA that went before it. */
  readonly longData: readonly Buffer[];
  /** Parameter types that the server had been told before it. */
  readonly types: Buffer | undefined;
  readonly namedTypes: readonly ParameterType[] | undefined;
  /** 0: none. */
  readonly insertId: bigint;
}

/** What an entry takes besides the client's bytes, about; bytes. */
const ENTRY_BYTES = 600;

const NO_DATA: readonly Buffer[] = [];

/**
 * The statements of one open transaction, in order, with what their answers came to, so that they can be repeated on another server.
 * Within its bounds; over them, or with something in it that must not be done twice, it keeps nothing but the reason.
 */
export class TransactionRecord {
  readonly route: Route;
  /** The session's state as of its first statement. */
  readonly startedWith: CarriedState;
  readonly digest = new AnswerDigest();
  readonly #memory: ReplayMemory;
  #entries: RecordedStatement[] = [];
  #bytes = 0;
  #failure: ReplayFailure | undefined;
  #current: Statement | undefined;
  #longData: readonly Buffer[] = NO_DATA;
  #types: Buffer | undefined;
  #namedTypes: readonly ParameterType[] | undefined;

  constructor(route: Route, startedWith: CarriedState, memory: ReplayMemory) {
    this.route = route;
    this.startedWith = startedWith;
    this.#memory = memory;
  }

  get entries(): readonly RecordedStatement[] {
    return this.#entries;
  }

  /** Of all that is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why it cannot be replayed; undefined: it can. */
  get failure(): ReplayFailure | undefined {
    return this.#failure;
  }

  /** Its answer is being added up. */
  get current(): Statement | undefined {
    return this.#current;
  }

  /** It has begun: a statement has been answered within it. */
  isOpen = false;
  /** A statement that it could not be replayed with, once that has an answer; until then it has not happened, and nothing is lost. */
  doubted: Statement | undefined;
  doubtful = '';

  doubt(statement: Statement, why: string): void {
    this.#current = undefined;
    this.doubted = statement;
    this.doubtful = why;
  }

  /** LAST_INSERT_ID() of before it is not known, and nothing in it has made another. */
  whyNotInsertId({ dependsOn }: StatementFacts, unread: boolean): string | undefined {
    const asks = (dependsOn & DependsOn.lastInsertId) !== 0;
    if (!asks || !unread || this.#entries.some(({ insertId }) => insertId !== 0n)) return undefined;
    return 'LAST_INSERT_ID() of before it';
  }

  /** Another one was begun by the last statement of `before`. */
  takeOver(before: TransactionRecord, statement: Statement): void {
    if (before.failure !== undefined) return this.giveUp('not-replayable', 'its beginning');
    this.sending(statement);
    this.digest.take(before.digest);
    this.answered(statement, 0n);
  }

  /** The statement goes to its server now; undefined where there is nothing to add up. */
  sending(statement: Statement): AnswerDigest | undefined {
    this.doubted = undefined;
    if (this.#failure !== undefined) return undefined;
    const { prepared } = statement;
    this.#current = statement;
    this.#longData = prepared === undefined || prepared.longData.length === 0 ? NO_DATA : prepared.longData;
    this.#types = prepared?.types;
    this.#namedTypes = prepared?.namedTypes;
    this.digest.begin();
    return this.digest;
  }

  /**
   * Its answer is complete.
   * @param insertId that an OK of it named; 0: none
   */
  answered(statement: Statement, insertId: bigint): void {
    if (this.#current !== statement || this.#failure !== undefined) return;
    this.#current = undefined;
    if (this.digest.isUnclear) return this.giveUp('not-replayable', 'an answer that cannot be compared');
    let bytes = ENTRY_BYTES + statement.command.bytes;
    for (const frame of this.#longData) bytes += frame.length;
    if (this.#bytes + bytes > this.#memory.perSessionBytes) return this.giveUp('memory', 'it grew over transactions.memoryPerSession');
    if (!this.#memory.take(bytes)) return this.giveUp('memory', 'transactions.memory is used up');
    this.#bytes += bytes;
    keepOnlyItsOwn(statement);
    const { crc, mix, bytes: answerBytes } = this.digest;
    const { types, namedTypes, longData } = { types: this.#types, namedTypes: this.#namedTypes, longData: this.#longData };
    this.#entries.push({ statement, longData, types, namedTypes, crc, mix, bytes: answerBytes, insertId });
  }

  /** It will not be replayed: nothing is kept but why. The first reason stands. */
  giveUp(cause: ReplayFailure['cause'], detail: string): void {
    this.#failure ??= { cause, detail };
    this.release();
  }

  /** It has been replayed once, and goes on; there is no second time. */
  replayed(): void {
    this.giveUp('second-loss', 'it had been replayed before');
  }

  /** It is over. Idempotent. */
  release(): void {
    this.#memory.giveBack(this.#bytes);
    this.#bytes = 0;
    this.#entries = [];
    this.#current = undefined;
  }
}

/** A view into a large read would keep all of that alive. Chunks that hold little else stay as they are: no copy for the usual statement. */
function keepOnlyItsOwn(statement: Statement): void {
  const { parts } = statement.command;
  for (const [index, part] of parts.entries()) {
    if (part.length * 2 >= part.buffer.byteLength) continue;
    // Not one of Node's pool, which is kept alive as a whole.
    const copy = Buffer.alloc(part.length);
    part.copy(copy);
    parts[index] = copy;
    const { sql } = statement;
    if (sql?.buffer !== part.buffer) continue;
    const at = sql.byteOffset - part.byteOffset;
    if (at >= 0 && at + sql.length <= part.length) statement.sql = copy.subarray(at, at + sql.length);
  }
}
