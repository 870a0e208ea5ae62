import t from 'tap';
import { greetingOf } from '../../../src/app/greeting.js';
import { Capability, has } from '../../../src/protocol/capabilities.js';
import type { BackendView, ClusterSnapshot, ServerIdentity } from '../../../src/topology/snapshot.js';

/** Bits in the manner of these servers: MariaDB leaves bit 0 unset, only newer MySQL has the highest ones, one here has no TLS. */
const SERVERS = {
  old: { flavor: 'mysql', greetingVersion: '5.7.44-log', capabilities: 0xc1ff_f7ff, mariadbCapabilities: 0, charset: 8 },
  lab: { flavor: 'mysql', greetingVersion: '8.0.15', capabilities: 0xc3ff_ffff, mariadbCapabilities: 0, charset: 255 },
  new: { flavor: 'mysql', greetingVersion: '8.0.34', capabilities: 0xdfff_ffff, mariadbCapabilities: 0, charset: 255 },
  mariadb: {
    flavor: 'mariadb',
    greetingVersion: '5.5.5-10.11.6-MariaDB',
    capabilities: 0x81ff_fffe,
    mariadbCapabilities: 0x1d,
    charset: 45,
  },
} as const;

function snapshot(primary: string | undefined, ...names: (keyof typeof SERVERS | 'unseen')[]): ClusterSnapshot {
  const backends = names.map((name) => {
    const identity: ServerIdentity | undefined = name === 'unseen' ? undefined : { ...SERVERS[name], id: name, startedAtMs: 0 };
    return { name, identity } as BackendView;
  });
  return { cluster: 'main', version: 1, primary, epoch: 0, backends };
}

t.test('one server: its own words', async (t) => {
  const { flavor: _flavor, greetingVersion: serverVersion, ...rest } = SERVERS.lab;
  t.same(greetingOf(snapshot('lab', 'lab'), undefined), { serverVersion, ...rest });
});

t.test('a mixed cluster: the primary speaks, of what all of them can', async (t) => {
  const greeting = greetingOf(snapshot('new', 'old', 'new', 'lab', 'unseen'), undefined);
  t.match(greeting, { serverVersion: '8.0.34', charset: 255, mariadbCapabilities: 0 });
  const capabilities = greeting?.capabilities ?? 0;
  for (const bit of [Capability.QUERY_ATTRIBUTES, Capability.OPTIONAL_RESULTSET_METADATA, Capability.SSL]) t.notOk(has(capabilities, bit));
  t.ok(has(capabilities, Capability.DEPRECATE_EOF | Capability.SESSION_TRACK | Capability.PLUGIN_AUTH));
  t.match(
    greetingOf(snapshot('old', 'old', 'new'), undefined),
    { serverVersion: '5.7.44-log', charset: 8 },
    'after a failover to the old one',
  );
});

t.test('MySQL and MariaDB together: neither the bits of the one nor those of the other', async (t) => {
  for (const primary of ['lab', 'mariadb'] as const) {
    const greeting = greetingOf(snapshot(primary, 'lab', 'mariadb'), undefined);
    t.equal(greeting?.serverVersion, SERVERS[primary].greetingVersion);
    t.equal(greeting?.mariadbCapabilities, 0);
    t.equal(greeting?.capabilities, 0x81ff_fffe);
  }
});

t.test('without a primary any server that was seen, before that the configured version, else nothing', async (t) => {
  t.match(greetingOf(snapshot(undefined, 'unseen', 'mariadb'), '8.0.34'), { serverVersion: '5.5.5-10.11.6-MariaDB' });
  t.match(greetingOf(snapshot(undefined, 'unseen'), '8.0.34'), { serverVersion: '8.0.34' });
  t.equal(greetingOf(snapshot(undefined, 'unseen'), undefined), undefined);
});
