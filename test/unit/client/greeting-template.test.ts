import t from 'tap';
import { greetingPlugin, OFFERED_CAPABILITIES, OFFERED_MARIADB_CAPABILITIES } from '../../../src/client/greeting-template.js';
import { Capability, capabilityNames, has } from '../../../src/protocol/capabilities.js';

t.test('the plugin follows the version', async (t) => {
  const versions = {
    '8.0.34': 'caching_sha2_password',
    '8.0.4': 'caching_sha2_password',
    '8.0.3-rc': 'mysql_native_password',
    '8.4.0': 'caching_sha2_password',
    '9.1.0-commercial': 'caching_sha2_password',
    '5.7.44-log': 'mysql_native_password',
    '5.5.5-10.11.6-MariaDB-1': 'mysql_native_password',
    '11.4.2-MariaDB-ubu2404': 'mysql_native_password',
    nonsense: 'mysql_native_password',
  };
  for (const [version, plugin] of Object.entries(versions)) t.equal(greetingPlugin(version), plugin, version);
});

t.test('nothing is offered that would have to be unpacked', async (t) => {
  for (const bit of [Capability.COMPRESS, Capability.ZSTD_COMPRESSION, Capability.SSL]) {
    t.notOk(has(OFFERED_CAPABILITIES, bit), capabilityNames(bit));
  }
  t.ok(
    has(OFFERED_CAPABILITIES, Capability.DEPRECATE_EOF | Capability.SESSION_TRACK | Capability.LOCAL_FILES | Capability.QUERY_ATTRIBUTES),
  );
  t.equal(OFFERED_MARIADB_CAPABILITIES & 0x12, 0, 'neither COM_MULTI nor cached metadata');
});
