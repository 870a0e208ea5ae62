import t from 'tap';
import { TrackFilter } from '../../src/backend/track-filter.js';
import {
  ARMED_TRACKERS,
  armedFor,
  namesTrackers,
  readTrackersStatement,
  settingsOf,
  trackerAssignments,
} from '../../src/backend/tracker-settings.js';
import { decodeTextRow } from '../../src/protocol/text-row.js';
import { FLAVORS, type Flavor, serverUnavailable, startServers } from '../servers/servers.js';
import { CAPS, RawClient } from './raw-client.js';

/**
 * The oracle is a direct connection that nobody armed: for every statement the OK of an armed connection, filtered, must be the same bytes.
 */
const STATEMENTS = [
  'DO 1',
  'SELECT 1',
  'USE test1',
  "SET sql_mode='ANSI'",
  "SET time_zone='+01:00', lock_wait_timeout=7, sql_mode='', autocommit=0",
  'SELECT * FROM f',
  'INSERT INTO f VALUES (1)',
  'UPDATE f SET a = 2',
  'COMMIT',
  'SET autocommit=1',
  'SET NAMES latin1',
  'SET NAMES utf8mb4',
  'SET @a=1',
  'INSERT INTO f VALUES (2)',
  'INSERT INTO f VALUES (3),(4)',
  'START TRANSACTION READ ONLY',
  'SELECT COUNT(*) FROM f',
  'ROLLBACK',
  'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
  'BEGIN',
  'INSERT INTO f VALUES (5)',
  'COMMIT',
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  'LOCK TABLES f WRITE',
  'UNLOCK TABLES',
  'CREATE TEMPORARY TABLE tmp (a INT)',
  'DROP TEMPORARY TABLE tmp',
  'SET wrong_variable=1',
  "PREPARE p FROM 'SELECT 1'",
  'EXECUTE p',
  'DEALLOCATE PREPARE p',
  'SET @x=1; SET time_zone=SYSTEM; SELECT 3; USE test1',
  'CREATE TABLE g (a INT)',
  'DROP TABLE g',
  'SET @@session.time_zone=DEFAULT',
  'SET CHARACTER SET utf8',
];

/** What clients set themselves, each at the beginning and then once more in the middle. */
const CLIENT_SETTINGS = [
  undefined,
  'SET session_track_schema=OFF',
  "SET SESSION session_track_system_variables='*'",
  "SET session_track_system_variables='sql_mode, Lock_Wait_Timeout'",
  "SET session_track_system_variables=''",
  'SET session_track_state_change=1',
  "SET @@session.session_track_transaction_info='STATE'",
  "SET session_track_transaction_info=CHARACTERISTICS, session_track_state_change=ON, session_track_system_variables='*,time_zone'",
  "SET session_track_system_variables='autocommit', session_track_state_change=ON",
];

class Armed {
  readonly client: RawClient;
  readonly filter: TrackFilter;
  readonly flavor: Flavor;

  constructor(client: RawClient, filter: TrackFilter, flavor: Flavor) {
    this.client = client;
    this.filter = filter;
    this.flavor = flavor;
  }

  async query(sql: string): Promise<Buffer[]> {
    if (!namesTrackers(Buffer.from(sql))) return (await this.client.query(sql)).map((frame) => this.#filtered(frame));
    await this.client.query(`SET ${trackerAssignments(this.flavor, this.filter.settings)}`);
    const frames = await this.client.query(sql);
    const answer = await this.client.query(readTrackersStatement(this.flavor));
    const columns = answer[0]?.[4] as number;
    const row = answer.slice(1 + columns).find((frame) => frame[4] !== 0xfe) as Buffer;
    const settings = settingsOf(decodeTextRow(row.subarray(4)), this.filter.settings);
    if (settings === undefined) throw new Error('no settings');
    this.filter.settings = settings;
    await this.client.query(`SET ${trackerAssignments(this.flavor, armedFor(settings))}`);
    // Without SESSION_TRACK the block is cut from these as well.
    return frames.map((frame) => this.#filtered(frame));
  }

  #filtered(frame: Buffer): Buffer {
    const ok = frame[4] === 0x00 && frame.length >= 11;
    const end = frame[4] === 0xfe && frame.length < 0xff_ffff;
    return ok || end ? this.filter.frame(frame) : frame;
  }
}

/** Frames as text to compare; what names the server in a GTID is made equal, the rest must be. */
function shown(frames: readonly Buffer[]): string[] {
  return frames.map((frame) =>
    frame
      .toString('latin1')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      .replaceAll(/0-[12]-(?=\d)/g, '0-N-'),
  );
}

/** MariaDB lists the variables of one OK in the order of a hash table, another for each connection: same bytes, any order. */
function unordered(frames: readonly string[]): string[] {
  return frames.map((text) => [...text].sort().join(''));
}

/**
 * What is known to differ, all of it at the moment a client changes the setting itself or in a form no client reads:
 * MySQL reports all GTIDs when ALL_GTIDS is switched on, but not to a connection that had them on before; switching `STATE` on twice;
 * MariaDB sets SESSION_STATE_CHANGED in EOF packets of a client that asks for STATE and cannot read it.
 */
function knownToDiffer(flavor: Flavor, capabilities: number, setting: string | undefined, sql: string): boolean {
  if (sql === setting) return /ALL_GTIDS|'STATE'/.test(sql);
  return flavor === 'mariadb' && (capabilities & CAPS.sessionTrack) === 0 && /'STATE'/.test(setting ?? '');
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: an armed connection, filtered, looks like a direct one`, { skip: reason ?? false }, async (t) => {
    const { servers, stop } = await startServers({ flavor }, 2);
    t.teardown(stop);
    // Two servers with the same history, so that the two connections do not wait for each other's locks and count the same GTIDs.
    const [forDirect, forArmed] = servers;
    if (forDirect === undefined || forArmed === undefined) throw new Error('two servers expected');
    for (const server of servers) {
      const admin = await server.connect('admin', { database: 'test1' });
      await admin.query('CREATE TABLE f (a INT)');
      await admin.end();
    }
    const settings = [
      ...CLIENT_SETTINGS,
      ...(flavor === 'mysql' ? ['SET session_track_gtids=OWN_GTID', 'SET session_track_gtids=ALL_GTIDS'] : []),
    ];
    for (const [name, capabilities] of [
      ['no tracking', CAPS.plain],
      ['tracking', CAPS.plain | CAPS.sessionTrack],
      ['tracking and DEPRECATE_EOF', CAPS.plain | CAPS.sessionTrack | CAPS.deprecateEof],
    ] as const) {
      for (const setting of settings) {
        await t.test(`${name}; ${setting ?? 'defaults'}`, async (t) => {
          const direct = await RawClient.open(forDirect.port, capabilities);
          const link = await RawClient.open(forArmed.port, capabilities | CAPS.sessionTrack);
          await link.query(`SET ${trackerAssignments(flavor, ARMED_TRACKERS)}`);
          const armed = new Armed(link, new TrackFilter(capabilities), flavor);
          const script = setting === undefined ? STATEMENTS : [setting, ...STATEMENTS, setting, ...STATEMENTS.slice(0, 8)];
          for (const sql of script) {
            const expected = shown(await direct.query(sql));
            const got = shown(await armed.query(sql));
            if (knownToDiffer(flavor, capabilities, setting, sql)) continue;
            if (flavor === 'mariadb') t.same(unordered(got), unordered(expected), sql);
            else t.same(got, expected, sql);
          }
          direct.end();
          link.end();
        });
      }
    }
  });
}
