import t from 'tap';
import { TrackFilter } from '../../../src/backend/track-filter.js';
import { changesOf, trackedChanges } from '../../../src/backend/tracked-changes.js';
import { ARMED_TRACKERS, armedFor, DEFAULT_TRACKERS, namesTrackers, settingsOf } from '../../../src/backend/tracker-settings.js';

// Frames as servers sent them (MySQL 8.0.15; MariaDB 10.11 for last_gtid), trackers armed.
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const PLAIN = latin1('\x07\0\0\x01\0\x01\0\x02\0\0\0');
const SET_SQL_MODE = latin1('\x18\0\0\x01\0\0\0\x02@\0\0\0\x0f\0\x0a\x08sql_mode\0\x02\x011');
const SET_TIME_ZONE = latin1('\x1f\0\0\x01\0\0\0\x02@\0\0\0\x16\0\x11\x09time_zone\x06+01:00\x02\x011');
const BEGIN = latin1('\x2a\0\0\x01\0\0\0\x03@\0\0\0\x21\x05\x09\x08T_______\x04\x14\x13START TRANSACTION;\x20');
const UPDATE = latin1('\x3c\0\0\x01\0\x01\0\x02@\0\0\x28Rows matched: 1  Changed: 1  Warnings: 0\x0b\x01\x06\x05test1\x02\x011');
const TRACK = 0x80_0000 | 0x200;

t.test('nothing tracked: the same buffer, nothing allocated', async (t) => {
  t.equal(new TrackFilter(TRACK).frame(PLAIN), PLAIN);
  t.equal(new TrackFilter(0).frame(PLAIN), PLAIN);
  t.equal(trackedChanges(PLAIN, TRACK), undefined);
});

t.test('a client without SESSION_TRACK: the block and its flag are cut, the text stays', async (t) => {
  const filter = new TrackFilter(0x200);
  t.same(filter.frame(SET_SQL_MODE), latin1('\x07\0\0\x01\0\0\0\x02\0\0\0'));
  t.same(filter.frame(UPDATE), latin1('\x30\0\0\x01\0\x01\0\x02\0\0\0\x28Rows matched: 1  Changed: 1  Warnings: 0'));
});

t.test('a client with it sees what its settings ask for', async (t) => {
  const filter = new TrackFilter(TRACK);
  t.same(filter.frame(SET_SQL_MODE), latin1('\x07\0\0\x01\0\0\0\x02\0\0\0'), 'sql_mode is not in the default list');
  t.same(filter.frame(SET_TIME_ZONE), latin1('\x1c\0\0\x01\0\0\0\x02@\0\0\0\x13\0\x11\x09time_zone\x06+01:00'));
  t.same(filter.frame(BEGIN), latin1('\x07\0\0\x01\0\0\0\x03\0\0\0'));
  filter.settings = { ...DEFAULT_TRACKERS, transactionInfo: 'STATE', stateChange: true };
  t.same(filter.frame(BEGIN), latin1('\x14\0\0\x01\0\0\0\x03@\0\0\0\x0b\x05\x09\x08T_______'));
  t.same(filter.frame(SET_SQL_MODE), latin1('\x0c\0\0\x01\0\0\0\x02@\0\0\0\x03\x02\x011'));
  filter.settings = ARMED_TRACKERS;
  t.equal(filter.frame(BEGIN), BEGIN);
  t.equal(filter.frame(SET_SQL_MODE), SET_SQL_MODE);
});

t.test('an item with several variables is cut to those in the list, spelled as the client did', async (t) => {
  const both = latin1('\x1e\0\0\x05\0\0\0\x02@\0\0\0\x15\0\x13\x08sql_mode\0\x06a_list\x01x');
  const filter = new TrackFilter(TRACK, { ...DEFAULT_TRACKERS, systemVariables: 'A_List' });
  t.same(filter.frame(both), latin1('\x14\0\0\x05\0\0\0\x02@\0\0\0\x0b\0\x09\x06A_List\x01x'));
});

t.test('EOF packets lose the flag in place', async (t) => {
  const eof = latin1('\x05\0\0\x03\xfe\0\0!@');
  const filter = new TrackFilter(0x200);
  t.equal(filter.frame(eof), eof);
  t.same(eof, latin1('\x05\0\0\x03\xfe\0\0!\0'));
});

t.test('a malformed block is an error, not a guess', async (t) => {
  for (let cut = 12; cut < SET_SQL_MODE.length; cut++) {
    const short = Buffer.from(SET_SQL_MODE.subarray(0, cut));
    try {
      const bytes = new TrackFilter(TRACK).frame(short);
      t.ok(bytes.length <= short.length, `cut at ${cut}`);
    } catch (error) {
      t.match(error, { name: 'ProtocolError' }, `cut at ${cut}`);
    }
  }
});

t.test('facts', async (t) => {
  t.same(trackedChanges(SET_SQL_MODE, TRACK), { variables: [['sql_mode', '']], stateChanged: true });
  t.same(trackedChanges(UPDATE, TRACK), { schema: 'test1', stateChanged: true });
  t.match(trackedChanges(BEGIN, TRACK), { transactionState: 'T_______' });
  t.equal(trackedChanges(SET_SQL_MODE, 0x200), undefined, 'without the capability there is no block');
  t.same(
    changesOf([
      {
        type: 'system-variables',
        variables: [
          ['last_gtid', '0-1-5'],
          ['a', 'b'],
        ],
      },
    ]),
    { gtid: '0-1-5', variables: [['a', 'b']] },
  );
  t.same(changesOf([{ type: 'gtids', encoding: 0, gtids: 'u:7' }]), { gtid: 'u:7' });
});

t.test('settings', async (t) => {
  const row = (...values: (string | null)[]) => values.map((value) => (value === null ? null : Buffer.from(value)));
  t.same(settingsOf(row('1', 'a,b', '0', 'STATE', 'OWN_GTID'), DEFAULT_TRACKERS), {
    schema: true,
    systemVariables: 'a,b',
    stateChange: false,
    transactionInfo: 'STATE',
    gtids: 'OWN_GTID',
  });
  t.match(settingsOf(row('0', null, '1', 'OFF'), DEFAULT_TRACKERS), {
    systemVariables: DEFAULT_TRACKERS.systemVariables,
    gtids: 'OFF',
    schema: false,
  });
  t.equal(settingsOf(row('1'), DEFAULT_TRACKERS), undefined);
  t.equal(armedFor(DEFAULT_TRACKERS).gtids, 'OWN_GTID');
  t.equal(armedFor({ ...DEFAULT_TRACKERS, gtids: 'ALL_GTIDS' }).gtids, 'ALL_GTIDS');
  t.ok(namesTrackers(Buffer.from('set @@SESSION.Session_Track_schema=1')));
  t.notOk(namesTrackers(Buffer.from('SELECT a_b, session_ FROM _session_trac')));
  t.notOk(namesTrackers(Buffer.from('')));
});
