import t from 'tap';
import { isNull } from '../../../src/protocol/binary-value.js';
import { decodeQuery } from '../../../src/protocol/commands/query.js';
import { decodeStmtExecute } from '../../../src/protocol/commands/stmt-execute.js';
import { Command } from '../../../src/protocol/commands.js';
import { decodeErr } from '../../../src/protocol/err.js';
import { FieldType } from '../../../src/protocol/field-types.js';
import { decodeOk, type OkPacket } from '../../../src/protocol/ok.js';
import type { SessionTrackItem } from '../../../src/protocol/session-track.js';
import { decodeTextRow } from '../../../src/protocol/text-row.js';
import { type Capture, loadCaptures } from '../../golden/capture.js';
import { replay, type Step } from './replay.js';

/*
 * What we read from the bytes of a capture against what the driver that received them said at the time: an independent reader of the same
 * bytes. Each entry of `driverSaw` is one statement and its outcome.
 */

interface DriverEntry {
  readonly did: string;
  readonly got: unknown;
}

/** Frames of the answers to text statements, by statement. */
function answers(capture: Capture): { sql: string; frames: Step[] }[] {
  const found: { sql: string; frames: Step[] }[] = [];
  for (const step of replay(capture)) {
    if (step.kind === 'command') found.push({ sql: step.payload.toString('utf8', 1), frames: [] });
    else if (step.command === Command.QUERY) found.at(-1)?.frames.push(step);
  }
  return found;
}

function captureNamed(name: string): Capture {
  const capture = loadCaptures().find((candidate) => candidate.name === name);
  if (capture === undefined) throw new Error(`no capture ${name}`);
  return capture;
}

/** The results of an answer, each as rows of text or as an OK packet. An ERR ends the list. */
function results(frames: readonly Step[]): (unknown[][] | OkPacket | ReturnType<typeof decodeErr>)[] {
  const list: (unknown[][] | OkPacket | ReturnType<typeof decodeErr>)[] = [];
  let rows: unknown[][] | undefined;
  let definitionsOver = false;
  for (const { kind, payload, capabilities } of frames) {
    if (kind === 'result-header') {
      rows = [];
      definitionsOver = false;
    } else if (kind === 'row') {
      rows?.push(decodeTextRow(payload).map((value) => value?.toString('utf8') ?? null));
      definitionsOver = true;
    } else if (kind === 'err') {
      list.push(decodeErr(payload, capabilities));
    } else if (rows !== undefined && (kind === 'eof' || kind === 'ok')) {
      // The first EOF stands between definitions and rows, the second one ends the rows.
      if (kind === 'eof' && !definitionsOver) {
        definitionsOver = true;
        continue;
      }
      list.push(rows);
      rows = undefined;
    } else if (kind === 'ok') {
      list.push(decodeOk(payload, capabilities));
    }
  }
  return list;
}

/** Our OK packet in mysql2's words. */
function asMysql2(ok: OkPacket): Record<string, unknown> {
  const info = ok.info.toString('utf8');
  return {
    fieldCount: 0,
    affectedRows: Number(ok.affectedRows),
    insertId: Number(ok.insertId),
    info,
    serverStatus: ok.statusFlags,
    warningStatus: ok.warnings,
    changedRows: Number(/\schanged:\s*(\d+)/i.exec(info)?.[1] ?? 0),
    ...(ok.sessionTrack !== undefined && { stateChanges: asStateChanges(ok.sessionTrack) }),
  };
}

function asStateChanges(items: readonly SessionTrackItem[]): Record<string, unknown> {
  const changes = { systemVariables: {} as Record<string, string>, schema: null as string | null, gtids: [] as string[] };
  let trackStateChange: string | null = null;
  for (const item of items) {
    if (item.type === 'system-variables') Object.assign(changes.systemVariables, Object.fromEntries(item.variables));
    if (item.type === 'schema') changes.schema = item.name;
    if (item.type === 'gtids') changes.gtids = item.gtids.split(',');
    if (item.type === 'state-change') trackStateChange = item.changed ? '1' : '0';
  }
  return { ...changes, trackStateChange };
}

for (const name of ['mysql-mysql2-text', 'mariadb-mysql2-text', 'mysql-mysql2-session-track', 'mariadb-mysql2-session-track']) {
  t.test(`${name}: as mysql2 saw it`, async (t) => {
    const capture = captureNamed(name);
    const saw = capture.driverSaw as DriverEntry[];
    const byStatement = answers(capture).filter(({ sql }) => saw.some(({ did }) => did === sql));
    t.equal(byStatement.length, saw.length, 'every statement is in the capture');
    for (const [index, { did, got }] of saw.entries()) {
      const ours = results(byStatement[index]?.frames ?? []);
      const last = ours.at(-1);
      if (last !== undefined && 'code' in last) {
        // mysql2 reports the error alone, whatever came before it.
        t.match(got, { errno: last.code, sqlState: last.sqlState, sqlMessage: last.message }, did);
        continue;
      }
      const words = ours.map((result) => (Array.isArray(result) ? result : withoutStateFlag(asMysql2(result as OkPacket))));
      const theirs = words.length === 1 ? [got] : (got as unknown[]);
      t.same(theirs.map(withoutStateFlag), words, did);
    }
  });
}

/** mysql2 expects a length in the state-change item where the servers send none, so its word on that one is not asked. */
function withoutStateFlag(word: unknown): unknown {
  if (typeof word !== 'object' || word === null || !('stateChanges' in word)) return word;
  return { ...word, stateChanges: { ...(word.stateChanges as object), trackStateChange: undefined } };
}

/** PyMySQL cannot open the file and reports that, not the server's answer. */
const CLIENT_SIDE_ERROR = 'no-such-file.tsv';

for (const name of ['mysql-pymysql', 'mariadb-pymysql', 'mysql-connector']) {
  t.test(`${name}: rows and errors as the driver saw them`, async (t) => {
    const capture = captureNamed(name);
    const saw = (capture.driverSaw as DriverEntry[]).filter(({ did }) => /^[A-Z]{3,}/.test(did) && !did.includes(CLIENT_SIDE_ERROR));
    const asked = answers(capture);
    let compared = 0;
    for (const { did, got } of saw) {
      const at = asked.findIndex(({ sql }) => sql === did);
      const ours = results(asked[at]?.frames ?? []);
      const last = ours.at(-1);
      if (last !== undefined && 'code' in last) {
        t.match(got, { errno: last.code, message: last.message }, did);
        compared += 1;
        continue;
      }
      for (const [index, theirs] of (Array.isArray(got) ? got : [got]).entries()) {
        const result = ours[index];
        if (Array.isArray(result)) t.same((theirs as { rows: unknown }).rows, result, `${did}: result ${index}`);
        else t.equal((theirs as { affected: number }).affected, Number((result as OkPacket | undefined)?.affectedRows), `${did}: affected`);
        compared += 1;
      }
    }
    t.ok(compared >= 8, `${compared} outcomes compared`);
  });
}

t.test('query attributes as libmysqlclient was told to send them', async (t) => {
  const capture = captureNamed('scripted-attributes');
  const told = (capture.driverSaw as { attributes: [string, string | null][] }).attributes;
  const sent = replay(capture).filter(({ kind, payload }) => kind === 'command' && payload.includes('word'));
  const [query, first, second] = sent;
  t.equal(sent.length, 3);
  if (query === undefined || first === undefined || second === undefined) return;

  const { sql, attributes } = decodeQuery(query.payload, query.capabilities);
  t.equal(sql.toString(), "SELECT 'with attributes'");
  const values = attributes.map(({ name, type, value }) => [name, value === null ? null : readable(type, value)]);
  t.same(values, told);

  // The statement's own parameter comes first and has no name; attributes added later come behind.
  const names = told.map(([name]) => name);
  const plain = decodeStmtExecute(first.payload, first.capabilities, 1);
  t.same(
    plain.types?.map(({ name }) => name),
    ['', ...names],
  );
  t.equal(isNull(plain.nullBitmap, 1 + names.indexOf('nothing')), true);
  t.equal(plain.values.toString('latin1', 1, 6), 'plain');
  const tagged = decodeStmtExecute(second.payload, second.capabilities, 1);
  t.same(
    tagged.types?.map(({ name }) => name),
    ['', ...names, 'tag'],
  );
});

/** The values of attributes_session.py: texts, a BIGINT, a DOUBLE, a DATE. */
function readable(type: number, value: Buffer): string {
  if (type === FieldType.LONGLONG) return String(value.readBigInt64LE());
  if (type === FieldType.FLOAT) return String(value.readFloatLE());
  if (type === FieldType.DOUBLE) return String(value.readDoubleLE());
  if (type !== FieldType.DATE) return value.toString('utf8');
  const [, , month = 0, day = 0] = value;
  return [value.readUInt16LE(), month, day].map((part) => String(part).padStart(2, '0')).join('-');
}
