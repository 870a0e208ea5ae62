import t from 'tap';
import { asFormerPrimary, asPrimary, waitsForReplicas } from '../../../src/topology/semi-sync.js';

const settings = (of: Readonly<Record<string, string>>) =>
  new Map(Object.entries(of).map(([name, value]) => [`rpl_semi_sync_${name}`, value]));
const mariadb = (changes: Readonly<Record<string, string>> = {}) =>
  settings({
    master_enabled: 'OFF',
    master_timeout: '10000',
    master_wait_point: 'AFTER_COMMIT',
    master_wait_no_slave: 'ON',
    master_trace_level: '32',
    slave_enabled: 'OFF',
    ...changes,
  });

t.test('who waits for replicas', async (t) => {
  t.equal(waitsForReplicas(settings({})), false, 'MySQL without the plugin');
  t.equal(waitsForReplicas(mariadb()), false);
  t.equal(waitsForReplicas(mariadb({ master_enabled: 'ON' })), true);
  t.equal(waitsForReplicas(settings({ source_enabled: 'ON' })), true, "MySQL 8.0.26's words");
  t.equal(waitsForReplicas(settings({ slave_enabled: 'ON' })), false);
});

t.test('the new primary waits as the old one did; it is switched on last', async (t) => {
  const old = mariadb({ master_enabled: 'ON', master_timeout: '700', master_wait_point: 'AFTER_SYNC', master_trace_level: '1' });
  t.same(asPrimary(old, mariadb()), [
    ['rpl_semi_sync_master_timeout', '700'],
    ['rpl_semi_sync_master_wait_point', 'AFTER_SYNC'],
    ['rpl_semi_sync_master_enabled', 'ON'],
  ]);
  t.same(asPrimary(old, old), [], 'nothing to do');
  t.equal(asPrimary(old, settings({ slave_enabled: 'ON' })), undefined, 'it has no plugin for it');
});

t.test('other words for the same', async (t) => {
  const old = settings({ master_enabled: 'ON', master_wait_for_slave_count: '2', master_wait_no_slave: 'OFF' });
  const fresh = settings({ source_enabled: 'OFF', source_wait_for_replica_count: '1', source_wait_no_replica: 'ON' });
  t.same(asPrimary(old, fresh), [
    ['rpl_semi_sync_source_wait_no_replica', 'OFF'],
    ['rpl_semi_sync_source_wait_for_replica_count', '2'],
    ['rpl_semi_sync_source_enabled', 'ON'],
  ]);
});

t.test('a former primary confirms, and waits for nobody', async (t) => {
  t.same(asFormerPrimary(mariadb({ master_enabled: 'ON' })), [
    ['rpl_semi_sync_master_enabled', 'OFF'],
    ['rpl_semi_sync_slave_enabled', 'ON'],
  ]);
  t.same(asFormerPrimary(mariadb()), [['rpl_semi_sync_slave_enabled', 'ON']], 'it restarted, and what was set is gone');
  t.same(asFormerPrimary(mariadb({ master_enabled: 'ON', slave_enabled: 'ON' })), [], 'set up for both roles');
  t.same(asFormerPrimary(settings({ source_enabled: 'ON' })), [], 'no plugin for replicas');
});
