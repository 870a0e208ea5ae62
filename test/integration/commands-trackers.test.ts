import t from 'tap';
import { differences, type Run, runDirect, runLike, runPipelined, type Step } from '../proxy/compare-runs.js';
import { COM, command, execute, query } from '../proxy/payloads.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { CAPS, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, type Flavor, serverUnavailable, startReplication } from '../servers/servers.js';

/** Every run commits transactions of its own; how many stays below what would need another digit. */
const GTID = /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}:|\b\d+-\d+-)[\d:,-]+/g;

/** MySQL says "changed" and then nothing now and then, depending on what was tracked before; clients see no difference. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the bytes of a packet, not text
const EMPTY_BLOCK = /^\x09\0\0\x01(\0\0\0.)\x40\0\0\0\0$/s;

function masked(frames: readonly Buffer[]): readonly Buffer[] {
  return frames.map((frame) => {
    const text = frame.toString('latin1').replaceAll(GTID, (all, uuid: string) => uuid.padEnd(all.length, 'N'));
    return Buffer.from(text.replace(EMPTY_BLOCK, '\x07\0\0\x01$1\0\0\0'), 'latin1');
  });
}

function sql(text: string): Step {
  // With ALL_GTIDS a server that tracked nothing before reports all it has at once; one that tracked our own begins with the next commit.
  return { name: text, payload: query(text), masked: text.includes('ALL_GTIDS') ? () => [] : masked };
}

/** Statements whose OK says something to a client that listens. */
const EVENTS = [
  'USE information_schema',
  'USE test1',
  'SET NAMES latin1',
  'SET NAMES utf8mb4',
  'SET autocommit = 0',
  'SELECT COUNT(*) FROM thing',
  "INSERT INTO thing VALUES (1, 'x')",
  'COMMIT',
  'SET autocommit = 1',
  'SET sort_buffer_size = 300000, time_zone = "+01:00"',
  "SET @user_variable = 'x'",
  'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
  'START TRANSACTION READ ONLY',
  'SELECT * FROM thing LIMIT 1',
  'ROLLBACK',
  'BEGIN',
  "INSERT INTO thing VALUES (2, 'y')",
  'SELECT 1; INSERT INTO thing VALUES (3, "z"); SELECT 2',
  'COMMIT AND CHAIN',
  'COMMIT',
  'CREATE TEMPORARY TABLE temporary_one (a INT)',
  'INSERT INTO temporary_one VALUES (1)',
  'DROP TEMPORARY TABLE temporary_one',
  'CALL changes()',
  "SELECT GET_LOCK('x', 0)",
  "SELECT RELEASE_LOCK('x')",
  'LOCK TABLES thing WRITE',
  'UNLOCK TABLES',
  'SET sql_mode = "ANSI_QUOTES", sql_mode = DEFAULT',
  'DELETE FROM thing',
];

const COMMANDS: readonly Step[] = [
  { name: 'init db', payload: command(COM.initDb, 'information_schema'), masked },
  { name: 'init db back', payload: command(COM.initDb, 'test1'), masked },
  { name: 'prepare', payload: command(COM.prepare, 'SET sort_buffer_size = 400000'), prepares: 'set', masked },
  { name: 'execute', payload: ({ ids }) => execute(ids.get('set') ?? 0), masked },
  { name: 'ping', payload: command(COM.ping), masked },
];

/** What clients set; each list is followed by all events. */
function settings(flavor: Flavor): string[][] {
  const common = [
    ['SET session_track_system_variables = "*"'],
    ['SET session_track_system_variables = "sort_buffer_size, autocommit"'],
    ['SET session_track_system_variables = ""', 'SET session_track_schema = OFF'],
    ['SET session_track_state_change = ON'],
    ['SET session_track_transaction_info = "STATE"'],
    ['SET session_track_transaction_info = "CHARACTERISTICS"'],
    ['SET session_track_schema = OFF, session_track_state_change = ON, session_track_transaction_info = "STATE"'],
    [
      'SET session_track_schema = DEFAULT, session_track_state_change = DEFAULT',
      'SELECT @@session_track_schema, @@session_track_system_variables',
    ],
    ['SHOW VARIABLES LIKE "session_track%"'],
  ];
  return flavor === 'mysql' ? [...common, ['SET session_track_gtids = "OWN_GTID"'], ['SET session_track_gtids = "ALL_GTIDS"']] : common;
}

function scripts(flavor: Flavor): [string, Step[]][] {
  const events = [...EVENTS.map(sql), ...COMMANDS];
  const each = settings(flavor).map((texts): [string, Step[]] => [texts.join('; '), [...texts.map(sql), ...events]]);
  const reset: Step = { name: 'reset connection', payload: command(COM.resetConnection), masked };
  const everything = settings(flavor).flatMap((texts) => [...texts.map(sql), ...events]);
  return [['nothing set', events], ...each, ['all, one after the other, and after a reset', [...everything, reset, ...events]]];
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: trackers that clients set themselves`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ servers: set });
    t.teardown(() => proxy.stop());
    const root = await set.primary.connectAsRoot();
    await root.query('CREATE TABLE test1.thing (id INT, name VARCHAR(30))');
    await root.query(
      "CREATE PROCEDURE test1.changes() BEGIN SET SESSION sort_buffer_size = 500000; INSERT INTO test1.thing VALUES (9, 'p'); END",
    );
    // GTIDs of four digits from here on, in every run.
    for (let i = 0; i < 1000; i++) await root.query("INSERT INTO test1.thing VALUES (0, '')");
    for (const [how, capabilities] of [
      ['session tracking', CAPS.plain | CAPS.sessionTrack | CAPS.deprecateEof],
      ['session tracking with EOF packets', CAPS.plain | CAPS.sessionTrack],
      ['no session tracking', CAPS.plain | CAPS.deprecateEof],
    ] as const) {
      for (const [name, script] of scripts(flavor)) {
        const play = async (port: number, run: (client: WireClient) => Promise<Run>): Promise<Run> => {
          await root.query('DELETE FROM test1.thing');
          const client = await WireClient.open({ port, capabilities });
          const answers = await run(client);
          client.close();
          return answers;
        };
        const direct = await play(set.primary.port, (client) => runDirect(client, script));
        const first = await play(proxy.ports.primary, (client) => runLike(client, script, direct));
        t.same(differences(script, direct, first), [], `${how}: ${name}`);
        const piped = await play(proxy.ports.primary, (client) => runPipelined(client, script, first, 1 << 30));
        t.same(differences(script, direct, piped), [], `${how}: ${name}, pipelined`);
      }
    }
    root.destroy();
  });
}
