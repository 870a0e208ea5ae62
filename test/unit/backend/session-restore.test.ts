import t from 'tap';
import { chosenCollation } from '../../../src/backend/chosen-collation.js';
import { restoreStatement, variableFate } from '../../../src/backend/session-restore.js';

const ARMED =
  "session_track_schema=ON,session_track_system_variables='*',session_track_state_change=ON,session_track_transaction_info='CHARACTERISTICS'";
const restore = (...variables: [string, string][]) => restoreStatement('mariadb', { variables, userVariables: [] }, false);

t.test('arms', async (t) => {
  t.equal(restoreStatement('mariadb', { variables: [], userVariables: [] }, true), `SET ${ARMED},sql_mode=@@sql_mode`);
  t.equal(
    restoreStatement('mysql', { variables: [], userVariables: [] }, true),
    `SET ${ARMED},session_track_gtids='OWN_GTID',sql_mode=@@sql_mode`,
  );
});

t.test('values as the server takes them', async (t) => {
  t.equal(restore(['lock_wait_timeout', '77']), 'SET @@session.lock_wait_timeout=77');
  t.equal(restore(['long_query_time', '1.500000']), 'SET @@session.long_query_time=1.500000');
  t.equal(restore(['autocommit', 'OFF']), "SET @@session.autocommit='OFF'");
  t.equal(restore(['sql_mode', '']), "SET @@session.sql_mode=''");
  t.equal(restore(['character_set_results', '']), 'SET @@session.character_set_results=NULL');
  t.equal(restore(['default_master_connection', '7']), "SET @@session.default_master_connection='7'");
  t.equal(restore(['x', "it's"]), "SET @@session.x='it''s'");
  t.equal(restore(['x', 'a\\b']), 'SET @@session.x=CONVERT(0x615c62 USING utf8mb4)');
  t.equal(restore(['x', 'é']), 'SET @@session.x=CONVERT(0xc3a9 USING utf8mb4)');
  t.equal(restore(['a', '1'], ['b', '2']), 'SET @@session.a=1,@@session.b=2');
});

t.test('what is not restored, and names that are none', async (t) => {
  t.equal(variableFate('timestamp'), 'pins');
  t.equal(variableFate('INSERT_ID'), 'pins');
  t.equal(variableFate('last_gtid'), 'ignored');
  t.equal(variableFate('session_track_gtids'), 'ignored');
  t.equal(variableFate('sql_mode'), 'restored');
  t.equal(variableFate('aria.keycache_size'), 'restored');
  t.equal(variableFate('a=1, global x'), 'ignored');
  t.notMatch(restore(['x=1;drop', '1'], ['insert_id', '5']), /drop|insert_id/);
  t.equal(restore(['timestamp', '5']), 'SET @@session.timestamp=5', 'whoever gives it knows its value');
  t.equal(restore(['timestamp', 'DEFAULT']), 'SET @@session.timestamp=DEFAULT');
});

t.test('user variables', async (t) => {
  t.equal(restoreStatement('mysql', { variables: [], userVariables: [['a`b', "'x'"]] }, false), "SET @`a``b`='x'");
});

t.test('the collation of SET NAMES', async (t) => {
  const of = (sql: string) => chosenCollation(Buffer.from(sql));
  t.equal(of("SET NAMES utf8mb4 COLLATE 'utf8mb4_unicode_ci'"), 'utf8mb4_unicode_ci');
  t.equal(of('set names `utf8mb4` collate utf8mb4_BIN'), 'utf8mb4_bin');
  t.equal(of('SET NAMES utf8mb4'), undefined);
  t.equal(of('SET NAMES utf8mb4 COLLATE DEFAULT'), undefined);
  t.equal(of(`SET NAMES utf8mb4 ${' '.repeat(2000)} COLLATE x`), undefined);
});
