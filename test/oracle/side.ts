import { COM, command } from '../proxy/payloads.js';
import { CAPS, HEADER, nativeAnswer, WireClient } from '../proxy/wire-client.js';
import type { Framing } from './generate.js';
import { isMove, type Operation, payloadOf, type StatementIds } from './operation.js';
import { AnswerReader } from './read-answer.js';
import { LANE_PASSWORD } from './schema.js';

const CAPABILITIES: Readonly<Record<Framing, number>> = {
  oldest: CAPS.plain,
  'no EOF packets': CAPS.plain | CAPS.deprecateEof,
  'session tracking': CAPS.plain | CAPS.sessionTrack | CAPS.deprecateEof,
};

const CHARSET = 45;
const PLUGIN = 'mysql_native_password';

/** The command byte that an operation sends; 0 for what is none. */
export const COMMANDS: Readonly<Record<Operation['do'], number>> = {
  query: COM.query,
  prepare: COM.prepare,
  execute: COM.execute,
  'long-data': COM.longData,
  fetch: COM.fetch,
  close: COM.close,
  reset: COM.reset,
  'init-db': COM.initDb,
  'field-list': COM.fieldList,
  'change-user': COM.changeUser,
  'set-option': COM.setOption,
  ping: COM.ping,
  'reset-connection': COM.resetConnection,
  move: 0,
};

/** One of the two connections on which a sequence is played. */
export class Side {
  readonly #client: WireClient;
  readonly #reader: AnswerReader;
  readonly #ids: StatementIds = new Map();

  private constructor(client: WireClient, framing: Framing) {
    this.#client = client;
    this.#reader = new AnswerReader(client, framing !== 'oldest');
  }

  static async open(port: number, user: string, database: string, framing: Framing): Promise<Side> {
    const login = { port, user, password: LANE_PASSWORD, database, capabilities: CAPABILITIES[framing], charset: CHARSET };
    return new Side(await WireClient.open(login), framing);
  }

  /** Plays one operation that is no move; gives all frames of its answer, none for a command without one. Throws when the connection ends. */
  async play(operation: Operation, limitMs: number): Promise<Buffer[]> {
    if (isMove(operation)) throw new Error('a move is nothing that a client does');
    if (operation.do === 'change-user') return this.#changeUser(operation.user, operation.schema, limitMs);
    this.#client.packet(payloadOf(operation, this.#ids));
    if (operation.do === 'long-data') return [];
    if (operation.do === 'close') {
      this.#ids.delete(operation.name);
      return [];
    }
    const frames = await this.#reader.read(COMMANDS[operation.do], limitMs);
    const [first] = frames;
    if (operation.do === 'prepare' && first?.[HEADER] === 0x00) this.#ids.set(operation.name, first.readUInt32LE(HEADER + 1));
    // Both sides forget their statements; an id of before must not mean one of after.
    if (operation.do === 'reset-connection' && first?.[HEADER] === 0x00) this.#ids.clear();
    return frames;
  }

  async #changeUser(user: string, schema: string, limitMs: number): Promise<Buffer[]> {
    const answer = nativeAnswer(LANE_PASSWORD, this.#client.nonce);
    const names = [`${schema}\0`, Buffer.of(CHARSET, 0), `${PLUGIN}\0`];
    this.#client.packet(command(COM.changeUser, `${user}\0`, Buffer.of(answer.length), answer, ...names));
    this.#ids.clear();
    const frames: Buffer[] = [];
    for (;;) {
      const frame = await this.#client.frame(limitMs);
      frames.push(frame);
      if (frame[HEADER] !== 0xfe) return frames;
      this.#client.answerSwitch(frame, LANE_PASSWORD);
    }
  }

  /** COM_QUIT, and waits for the server to hang up. */
  async quit(): Promise<void> {
    try {
      this.#client.packet(Buffer.of(COM.quit));
      while ((await this.#client.nextFrame(2000)) !== undefined);
    } catch {
      // it did not
    }
    this.#client.close();
  }
}
