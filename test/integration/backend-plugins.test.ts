import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type BackendConnection, type DialFailure, type DialRequest, dial } from '../../src/backend/dial.js';
import { nativeStage1 } from '../../src/protocol/auth/native-password.js';
import type { Credential } from '../../src/protocol/auth/secret.js';
import { ed25519Args, type Server, serverUnavailable, startStandalone } from '../servers/servers.js';
import { CAPS, frameOf } from './raw-client.js';

/** What our side of a login says to every plugin, judged by real servers. */
const SECRET = 'pä$$ "wörd"';
const LONG = 'ü'.repeat(90);
const PAM_SERVICE = 'pointsman-test';

const clear = (password: string): Credential => ({ kind: 'clear', password });
const stage1 = (password: string): Credential => ({ kind: 'native-stage1', stage1: nativeStage1(password) });

type Link = 'plain' | 'tls' | 'socket';
type Outcome = BackendConnection | DialFailure;

function attempt(server: Server, link: Link, more: Partial<DialRequest>): Promise<Outcome> {
  const address = link === 'socket' ? { host: '', port: 0, path: server.socketPath } : { host: server.host, port: server.port };
  const request: DialRequest = {
    backend: 'db1',
    address,
    timeoutMs: 20_000,
    tls: { mode: link === 'tls' ? 'require' : 'off' },
    user: '',
    credential: clear(SECRET),
    capabilities: CAPS.plain,
    mariadbCapabilities: 0,
    charset: 45,
    maxPacketSize: 0x100_0000,
    attributes: [],
    ...more,
  };
  return new Promise((resolve) => dial(request, resolve));
}

/** `in`, or the server's error number, or the kind of the failure and the code of its cause. */
async function how(server: Server, link: Link, more: Partial<DialRequest>): Promise<string> {
  const outcome = await attempt(server, link, more);
  if ('packets' in outcome) {
    outcome.packets.destroy();
    return 'in';
  }
  const cause = outcome.cause as { code?: string } | undefined;
  return outcome.err === undefined ? `${outcome.kind} ${cause?.code ?? ''}` : String(outcome.err.code);
}

const LINKS: readonly Link[] = ['plain', 'tls', 'socket'];
const UNSUPPORTED = 'protocol PM_PROTOCOL_UNSUPPORTED';

/** Accounts of the plugin with the passwords SECRET, LONG and none; every link, right and wrong passwords. */
async function everyWay(t: Test, server: Server, plugin: string, before: () => Promise<void>, hasEmpty = true): Promise<void> {
  for (const link of LINKS) {
    for (const [user, password] of [
      ['secret', SECRET],
      ['long', LONG],
      ['none', ''],
    ] as const) {
      if (user === 'none' && !hasEmpty) continue;
      const name = `${plugin}_${user}`;
      for (const cache of ['cold', 'warm']) {
        if (cache === 'cold') await before();
        t.equal(await how(server, link, { user: name, credential: clear(password) }), 'in', `${name}, ${link}, ${cache}`);
      }
      for (const wrong of ['wrong', password === '' ? 'x' : '', `${password}x`]) {
        t.equal(await how(server, link, { user: name, credential: clear(wrong) }), '1045', `${name}, ${link}, wrong`);
        await before();
        t.equal(await how(server, link, { user: name, credential: clear(wrong) }), '1045', `${name}, ${link}, wrong, cold`);
      }
    }
  }
}

const mysqlReason = await serverUnavailable('mysql');
t.test('MySQL', { skip: mysqlReason ?? false }, async (t) => {
  for (const defaultPlugin of ['caching_sha2_password', 'mysql_native_password', 'sha256_password']) {
    await t.test(`the greeting names ${defaultPlugin}`, async (t) => {
      const extraArgs = [`--default-authentication-plugin=${defaultPlugin}`];
      const { server, stop } = await startStandalone({ flavor: 'mysql', tls: true, extraArgs });
      t.teardown(stop);
      const admin = await server.connect('admin');
      const cold = async () => {
        await admin.query('FLUSH PRIVILEGES');
      };
      const plugins = ['mysql_native_password', 'caching_sha2_password', 'sha256_password'];
      for (const plugin of plugins) {
        for (const [user, password] of [
          ['secret', SECRET],
          ['long', LONG],
          ['none', ''],
        ]) {
          await admin.query(`CREATE USER ${plugin}_${user}@'%' IDENTIFIED WITH ${plugin} BY ?`, [password]);
        }
        await everyWay(t, server, plugin, cold);
      }
      for (const link of LINKS) {
        t.equal(await how(server, link, { user: 'mysql_native_password_secret', credential: stage1(SECRET) }), 'in', `stage 1, ${link}`);
        t.equal(
          await how(server, link, { user: 'mysql_native_password_secret', credential: stage1('x') }),
          '1045',
          `wrong stage 1, ${link}`,
        );
        for (const plugin of plugins.slice(1)) {
          t.equal(await how(server, link, { user: `${plugin}_secret`, credential: stage1(SECRET) }), UNSUPPORTED, `stage 1 for ${plugin}`);
        }
      }
      await admin.end();
    });
  }
});

/** A PAM service that takes SECRET only; it needs root, because its file lies in /etc/pam.d. Gives what takes it away again. */
async function pamService(): Promise<(() => Promise<void>) | undefined> {
  if (process.getuid?.() !== 0 || !existsSync('/etc/pam.d') || !existsSync('/lib/x86_64-linux-gnu/security/pam_exec.so')) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-pam-'));
  const script = join(folder, 'check');
  const service = `/etc/pam.d/${PAM_SERVICE}`;
  await writeFile(script, `#!/bin/sh\nIFS= read -r given\n[ "$given" = '${SECRET}' ]\n`, { mode: 0o755 });
  await writeFile(service, `auth required pam_exec.so quiet expose_authtok ${script}\naccount required pam_permit.so\n`);
  return async () => {
    await rm(service, { force: true });
    await rm(folder, { recursive: true, force: true });
  };
}

const mariadbReason = await serverUnavailable('mariadb');
t.test('MariaDB', { skip: mariadbReason ?? false }, async (t) => {
  const plugins = await ed25519Args();
  if ('reason' in plugins) {
    await t.test('plugins', { skip: plugins.reason }, async () => undefined);
    return;
  }
  const pam = await pamService();
  if (pam !== undefined) t.teardown(pam);
  const pamArgs = pam === undefined ? [] : ['--plugin-load-add=auth_pam_v1', '--pam-use-cleartext-plugin=ON'];
  const { server, stop } = await startStandalone({ flavor: 'mariadb', tls: true, extraArgs: [...plugins.args, ...pamArgs] });
  t.teardown(stop);
  const admin = await server.connect('admin');

  await t.test('mysql_native_password and client_ed25519', async (t) => {
    for (const [plugin, via] of [
      ['native', 'mysql_native_password'],
      ['ed25519', 'ed25519'],
    ] as const) {
      for (const [user, password] of [
        ['secret', SECRET],
        ['long', LONG],
        ['none', ''],
      ]) {
        await admin.query(`CREATE USER ${plugin}_${user}@'%' IDENTIFIED VIA ${via} USING PASSWORD(?)`, [password]);
      }
      // MariaDB keeps no key of an empty password and lets nobody in.
      await everyWay(t, server, plugin, async () => undefined, plugin !== 'ed25519');
    }
    t.equal(await how(server, 'plain', { user: 'ed25519_none', credential: clear('') }), '1045', 'an account without a key');
    t.equal(await how(server, 'plain', { user: 'native_secret', credential: stage1(SECRET) }), 'in');
    t.equal(await how(server, 'plain', { user: 'ed25519_secret', credential: stage1(SECRET) }), UNSUPPORTED);
  });

  await t.test('accounts with several plugins', async (t) => {
    const ed = (password: string) => `ed25519 USING PASSWORD('${password}')`;
    const native = (password: string) => `mysql_native_password USING PASSWORD('${password}')`;
    await admin.query(`CREATE USER first_ed@'%' IDENTIFIED VIA ${ed('one')} OR ${native('two')}`);
    await admin.query(`CREATE USER first_native@'%' IDENTIFIED VIA ${native('one')} OR ${ed('two')}`);
    await admin.query(`CREATE USER three@'%' IDENTIFIED VIA unix_socket OR ${ed('one')} OR ${native('two')}`);
    for (const user of ['first_ed', 'first_native', 'three']) {
      for (const password of ['one', 'two']) {
        t.equal(await how(server, 'plain', { user, credential: clear(password) }), 'in', `${user} with ${password}`);
      }
      t.equal(await how(server, 'plain', { user, credential: clear('three') }), '1045', `${user} with a wrong one`);
    }
    t.equal(await how(server, 'plain', { user: 'first_ed', credential: stage1('two') }), 'in', 'stage 1 behind a plugin it is no use for');
    t.equal(await how(server, 'plain', { user: 'three', credential: stage1('two') }), 'in');
    t.equal(await how(server, 'plain', { user: 'first_native', credential: stage1('one') }), 'in');
    t.equal(await how(server, 'plain', { user: 'first_ed', credential: stage1('one') }), '1045', 'and with another password');
  });

  await t.test('mysql_clear_password', { skip: pam === undefined ? 'PAM can be set up by root only' : false }, async (t) => {
    await admin.query(`CREATE USER pam@'%' IDENTIFIED VIA pam USING '${PAM_SERVICE}'`);
    await admin.query(`CREATE USER pam_or@'%' IDENTIFIED VIA pam USING '${PAM_SERVICE}' OR mysql_native_password USING PASSWORD('two')`);
    for (const [link, more] of [
      ['tls', {}],
      ['socket', {}],
      ['plain', { clearTextAllowed: true }],
    ] as [Link, Partial<DialRequest>][]) {
      t.equal(await how(server, link, { ...more, user: 'pam' }), 'in', link);
      t.equal(await how(server, link, { ...more, user: 'pam', credential: clear('wrong') }), '1045', link);
      // Given nothing MariaDB's PAM prompts like its dialog plugin; libmariadb breaks off here too.
      t.equal(await how(server, link, { ...more, user: 'pam', credential: clear('') }), 'protocol PM_PROTOCOL_UNEXPECTED', link);
      t.equal(await how(server, link, { ...more, user: 'pam', credential: stage1(SECRET) }), UNSUPPORTED, link);
      t.equal(await how(server, link, { ...more, user: 'pam_or', credential: clear('two') }), 'in', link);
    }
    t.equal(await how(server, 'plain', { user: 'pam' }), UNSUPPORTED, 'not where others may listen in');
    const refused = (await attempt(server, 'plain', { user: 'pam' })) as DialFailure;
    t.match(refused.message, /mysql_clear_password, which sends the password in clear: use TLS/);
    t.notMatch(refused.message, SECRET);
  });

  await admin.end();
});

t.test('a server that asks for what it should not', async (t) => {
  const asks = (plugin: string, data = '12345678901234567890\0') => frameOf(Buffer.from(`\xfe${plugin}\0${data}`, 'latin1'), 2);
  const cases: [string, Buffer, Partial<DialRequest>, RegExp][] = [
    ['clear text', asks('mysql_clear_password'), {}, /mysql_clear_password, which sends the password in clear/],
    ['PAM dialog', asks('dialog'), {}, /plugin dialog, which is not spoken/],
    ['no name', asks(''), {}, /plugin , which is not spoken/],
    ['sha2 with the hash of a native password', asks('caching_sha2_password'), { credential: stage1('x') }, /is not enough/],
    ['clear text with the hash', asks('mysql_clear_password'), { credential: stage1('x'), clearTextAllowed: true }, /is not enough/],
  ];
  for (const [name, packet, more, message] of cases) {
    const sent: Buffer[] = [];
    const port = await scripted(t, (socket) => {
      socket.write(GREETING);
      socket.once('data', () => {
        socket.write(packet);
        socket.on('data', (bytes) => sent.push(bytes));
      });
    });
    const outcome = (await attempt({ host: '127.0.0.1', port } as Server, 'plain', { user: 'app', ...more })) as DialFailure;
    t.equal(outcome.kind, 'protocol', name);
    t.match(outcome.message, message, name);
    t.equal(sent.length, 0, `${name}: not a byte more was sent`);
  }
});

async function scripted(t: Test, serve: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as { port: number }).port;
}

const GREETING = frameOf(
  Buffer.concat([
    Buffer.from('\n8.0.30\0'),
    Buffer.of(9, 0, 0, 0),
    Buffer.from('12345678\0'),
    Buffer.of(0xff, 0xff, 45, 2, 0, 0xff, 0xdf, 21),
    Buffer.alloc(10),
    Buffer.from('123456789012\0mysql_native_password\0'),
  ]),
  0,
);
