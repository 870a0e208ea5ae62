import t from 'tap';
import { restoreStatement, variableFate } from '../../src/backend/session-restore.js';
import { trackedChanges } from '../../src/backend/tracked-changes.js';
import { FLAVORS, serverUnavailable, startStandalone } from '../servers/servers.js';
import { CAPS, RawClient } from './raw-client.js';

const LINK = CAPS.plain | CAPS.sessionTrack;
const GLOBAL = Symbol('a global variable');
const NOTHING = { variables: [], userVariables: [] };

/** Values to try for variables of any type; the first that the server takes and that changes something is used. */
const STRINGS =
  "'READ-COMMITTED','utf8','latin1','latin1_bin','utf8mb4_general_ci','ANSI,NO_BACKSLASH_ESCAPES','+03:00','MyISAM','de_DE','MINIMAL','minimal','NOBLOB'," +
  "'STATEMENT','MIXED','index_merge=off','preferably','FORCE','SINGLE_PREC_HB','COMPLEMENTARY','it''s \"q\" \\\\ é 7','7','2020-01-01 00:00:00',''," +
  "'uncompressed','%Y','FULL','NONE','ON','OFF','OWN_GTID','/tmp','LOCAL','never','STRICT','MERGE','REJECT','TempTable','MEMORY','CHAIN','enabled=on'," +
  "'aes-256-cbc','IDEMPOTENT','PARTIAL_JSON','NO','nulls_equal','BEFORE','COPY','DOTALL','KEEP','statements'";

function candidates(value: string): string[] {
  const list: string[] = [];
  if (value === 'ON' || value === 'OFF') list.push(value === 'ON' ? 'OFF' : 'ON');
  if (/^-?\d+(\.\d+)?$/.test(value)) {
    const number = Number(value);
    list.push('1.5', ...[number + 1, number + 1024, number * 2, Math.floor(number / 2), 1, 2, 4096, 65_536, 0].map(String));
  }
  return [...list, ...STRINGS.split(/,(?=')/), 'NULL'];
}

/** The value of the only column of the only row; undefined for NULL. */
async function read(client: RawClient, expression: string): Promise<string | undefined> {
  const frames = await client.query(`SELECT ${expression}`);
  const row = frames.at(-2)?.subarray(4);
  if (row === undefined || frames[0]?.[4] === 0xff) throw new Error(`no value: ${frames[0]?.toString('latin1', 7)}`);
  if (row[0] === 0xfb) return undefined;
  return row.toString('utf8', row[0] === 0xfc ? 3 : 1);
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: what a session set comes back on another connection`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor });
    t.teardown(stop);
    const open = () => RawClient.open(server.port, LINK, 'admin', 'admin');
    const admin = await server.connect('admin', { database: 'test1' });
    const [rows] = await admin.query('SHOW SESSION VARIABLES');
    await admin.end();

    await t.test('every variable that a session can set', async (t) => {
      const names: string[] = [];
      for (const { Variable_name: name, Value: value } of rows as { Variable_name: string; Value: string }[]) {
        if (name.startsWith('session_track_')) continue;
        const first = await open();
        await first.query(restoreStatement(flavor, NOTHING, true));
        const before = await read(first, `@@session.${name}`).catch(() => GLOBAL);
        if (before === GLOBAL) {
          first.end();
          continue;
        }
        for (const candidate of candidates(value)) {
          const ok = (await first.query(`SET @@session.${name}=${candidate}`))[0] as Buffer;
          if (ok[4] === 0xff && [1193, 1229, 1238].includes(ok.readUInt16LE(5))) break;
          const wanted = ok[4] === 0xff ? before : await read(first, `@@session.${name}`);
          if (wanted === before) continue;
          const variables = trackedChanges(ok, LINK)?.variables ?? [];
          t.not(variables.length, 0, `${name}: reported`);
          if (variableFate(name) !== 'restored') break;
          const second = await open();
          const answer = (await second.query(restoreStatement(flavor, { variables, userVariables: [] }, true)))[0] as Buffer;
          if (answer[4] !== 0x00) t.fail(`${name}: ${answer.toString('latin1', 7)}`);
          else t.equal(await read(second, `@@session.${name}`), wanted, `${name} = ${candidate}`);
          second.end();
          names.push(name);
          break;
        }
        first.end();
      }
      t.ok(names.length > 100, `${names.length} variables restored`);
    });

    await t.test('together, in the order in which they were last set', async (t) => {
      const first = await open();
      await first.query(restoreStatement(flavor, NOTHING, true));
      const state = new Map<string, string>();
      for (const sql of [
        "SET collation_connection='utf8mb4_bin'",
        "SET NAMES latin1, sql_mode='NO_BACKSLASH_ESCAPES,ANSI_QUOTES'",
        "SET time_zone='-05:30', autocommit=0, character_set_results=NULL, unique_checks=0",
        'SET SESSION TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE',
        'SET sql_select_limit=18446744073709551615, max_join_size=5000, lock_wait_timeout=3',
        'SET autocommit=1',
      ]) {
        const ok = (await first.query(sql))[0] as Buffer;
        t.equal(ok[4], 0x00, sql);
        for (const [name, value] of trackedChanges(ok, LINK)?.variables ?? []) {
          state.delete(name);
          state.set(name, value);
        }
      }
      const second = await open();
      const userVariables = [
        ['a', "'it''s'"],
        ['odd`name', '0x41'],
      ] as const;
      const answer = (await second.query(restoreStatement(flavor, { variables: [...state], userVariables }, true)))[0] as Buffer;
      t.equal(answer[4], 0x00, answer.toString('latin1', 7));
      for (const name of [...state.keys(), 'collation_connection']) {
        t.equal(await read(second, `@@session.${name}`), await read(first, `@@session.${name}`), name);
      }
      t.equal(await read(second, 'CONCAT(@a, @`odd``name`)'), "it'sA");
      const tracked = trackedChanges((await second.query("SET sql_mode=''"))[0] as Buffer, LINK);
      t.same(tracked?.variables, [['sql_mode', '']], 'and it is armed');
      first.end();
      second.end();
    });

    await t.test('nothing to do is a statement without effect', async (t) => {
      const client = await open();
      t.equal((await client.query(restoreStatement(flavor, NOTHING, false)))[0]?.[4], 0x00);
      client.end();
    });
  });
}
