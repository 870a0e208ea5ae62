import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { parseDistinguishedName } from '../../../src/config/distinguished-name.js';
import { makeCertificates } from '../../servers/certificates.js';
import { issueCertificate, keyPem, newParty } from '../../servers/issue-certificate.js';
import { errorsOf, load, minimal, warningsOf } from './load.js';

const TWO = '"clusters": { "a": { "backends": ["a:1"] }, "b": { "backends": ["b:1"] } }';

t.test('listeners and clusters', async (t) => {
  t.match(errorsOf(`{ ${TWO} }`), [/listeners: missing; with several clusters \("a", "b"\)/]);
  t.match(errorsOf(`{ ${TWO}, "listeners": [{ "address": "127.0.0.1:1", "route": "primary" }] }`), [/listeners\[0\]\.cluster: missing/]);
  t.match(errorsOf(minimal('"listeners": [{ "address": "127.0.0.1:1", "route": "primary", "cluster": "mian" }]')), [
    /listeners\[0\]\.cluster: there is no cluster "mian" \(did you mean "main"\?\)/,
  ]);
  t.match(errorsOf(minimal('"listeners": []')), [/at least one listener/]);
  const names =
    '"listeners": [{ "name": "x", "address": "127.0.0.1:1", "route": "primary" }, { "name": "x", "address": "127.0.0.1:2", "route": "replica" }]';
  t.match(errorsOf(minimal(names)), [/listeners\[1\]\.name: listeners\[0\] has this name already/]);
  t.equal(load(minimal('"listeners": [{ "address": "127.0.0.1:1", "route": "primary" }]')).listeners[0]?.name, '127.0.0.1:1');
});

t.test('addresses of ours that collide', async (t) => {
  const pair = (a: string, b: string) =>
    errorsOf(
      minimal(`"listeners": [{ "address": "${a}", "route": "primary" }, { "name": "second", "address": "${b}", "route": "replica" }]`),
    );
  t.match(pair('127.0.0.1:1', '127.0.0.1:1').join(), /listeners\[1\]\.address: 127\.0\.0\.1:1 is taken by listeners\[0\]\.address/);
  t.match(pair('0.0.0.0:1', '127.0.0.1:1'), [/is taken by listeners\[0\]\.address \(0\.0\.0\.0:1\)/]);
  t.match(pair('127.0.0.1:1', '[::]:1'), [/is taken/]);
  t.match(pair('unix:/x', 'unix:/x').join(), /is taken/);
  t.same(pair('127.0.0.1:1', '127.0.0.2:1'), []);
  t.same(
    pair('127.0.0.1:0', '127.0.0.1:0').filter((line) => /taken/.test(line)),
    [],
  );
  t.match(errorsOf(minimal('"listeners": [{ "address": "0.0.0.0:6480", "route": "primary" }]')), [
    /admin\.address: 127\.0\.0\.1:6480 is taken by listeners\[0\]/,
  ]);
  t.match(errorsOf(minimal('"admin": { "metricsAddress": "127.0.0.1:6480" }')), [/admin\.metricsAddress: .* is taken by admin\.address/]);
});

t.test('one server is listed once', async (t) => {
  t.match(errorsOf('{ "clusters": { "main": { "backends": ["a:1", "a:1"] } } }'), [
    /backends\[1\]\.address: clusters\.main\.backends\[0\] is this server already/,
  ]);
  t.match(errorsOf('{ "clusters": { "main": { "backends": [{ "name": "x", "address": "a:1" }, { "name": "x", "address": "b:1" }] } } }'), [
    /backends\[1\]\.name: clusters\.main\.backends\[0\] has this name already/,
  ]);
  const clusters = '"clusters": { "a": { "backends": ["a:1"] }, "b": { "backends": [{ "name": "y", "address": "a:1" }] } }';
  t.match(errorsOf(`{ ${clusters}, "listeners": [{ "address": "127.0.0.1:1", "cluster": "a", "route": "primary" }] }`), [
    /clusters\.b\.backends\[0\]\.address: clusters\.a\.backends\[0\] is this server already/,
  ]);
});

t.test('promote', async (t) => {
  const cluster = (failover: string, backends = '["a:1", "b:1"]') =>
    `{ "clusters": { "main": { "backends": ${backends}, "monitor": { "user": "mon", "password": "mp" }, "failover": { "mode": "promote"${failover} } } }, "users": [{ "name": "u" }] }`;
  t.match(errorsOf(cluster('')), [/failover\.replicationUser: missing; "mode": "promote" needs/]);
  t.match(errorsOf(cluster(', "replicationUser": "repl"')), [/replicationPassword: missing; write the password of "repl"/]);
  t.same(errorsOf(cluster(', "replicationUser": "repl", "replicationPassword": ""')), []);
  t.equal(
    load(cluster(', "replicationUser": "mon"')).clusters[0]?.failover.replicationPassword,
    'mp',
    'the same account has the same password',
  );
  const whole = ', "replicationUser": "mon"';
  t.match(warningsOf(cluster(whole)), [/failover\.mode: let only one Pointsman promote in this cluster/]);
  t.match(warningsOf(cluster(whole, '["a:1"]')), [/nobody to promote: there is only one backend/]);
  t.match(errorsOf(cluster(whole, '[{ "address": "a:1", "neverPromote": true }]')), [/every backend has neverPromote/]);
});

t.test('coordinator', async (t) => {
  const cluster = (coordinator: string, backends = '["a:1", "b:1", "c:1"]') =>
    `{ "clusters": { "main": { "backends": ${backends}, "monitor": { "user": "mon", "password": "mp" }, "failover": { "mode": "promote", "replicationUser": "mon", "coordinator": ${coordinator} } } }, "users": [{ "name": "u" }] }`;
  const etcd = (more: string) => cluster(`{ "kind": "etcd", "endpoints": ["https://e:2379"]${more} }`);
  t.same(warningsOf(cluster('{ "kind": "database" }')), []);
  t.same(warningsOf(etcd('')), []);
  t.match(load(cluster('{ "kind": "database", "lease": "3s" }')).clusters[0]?.failover.coordinator, { kind: 'database', leaseMs: 3000 });
  const two = warningsOf(cluster('{ "kind": "database" }', '["a:1", "b:1"]'));
  t.match(two, [/witnesses: of 2 servers 2 are a majority, so without the primary nobody can promote; add a witness/]);
  t.same(warningsOf(cluster('{ "kind": "database", "witnesses": ["w:1"] }', '["a:1", "b:1"]')), []);
  t.match(errorsOf(cluster('{ "kind": "database", "witnesses": ["w:1", "b:1"] }')), [
    /witnesses\[1\]: b:1 is in the list of servers already/,
  ]);
  t.match(errorsOf(cluster('{ "kind": "etcd" }')), [/coordinator\.endpoints: missing/]);
  t.match(errorsOf(cluster('{ "kind": "etcd", "endpoints": ["e:2379"] }')).join(), /endpoints\[0\]: .*write http:\/\/host:port/);
  const moving = (more: string, backends: string) =>
    `{ "clusters": { "main": { "backends": ${backends}, "monitor": { "password": "x" }, ${more}, "failover": { "mode": "promote", "replicationUser": "r", "replicationPassword": "p", "coordinator": { "kind": "database" } } } } }`;
  const three = '["db.example:1", "10.0.0.2:1", "10.0.0.3:1"]';
  t.match(errorsOf(moving('"discover": true', three)), [/coordinator\.kind: with "discover".*use "etcd"/]);
  t.match(errorsOf(moving('"names": { "expand": true }', three)), [/coordinator\.kind: with "names\.expand".*use "etcd"/]);
  t.same(errorsOf(moving('"names": { "expand": true }', '["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"]')), [], 'no name to expand');
  t.match(errorsOf(cluster('{ "kind": "database", "user": "u" }')), [/coordinator\.user: only "kind": "etcd" uses it/]);
  t.match(errorsOf(cluster('{ "witnesses": ["w:1"] }')), [/witnesses: only "kind": "database" uses it, and the kind is "none"/]);
  t.match(errorsOf(etcd(', "user": "u"')), [/password: missing; write the password of "u"/]);
  t.match(errorsOf(etcd(', "password": "p"')), [/user: missing; whose password/]);
  t.match(errorsOf(etcd(', "certFile": "/none.pem"')), [/keyFile: missing/]);
  t.match(errorsOf(etcd(', "caFile": "/none.pem"')), [/caFile: the file \/none\.pem cannot be read/]);
  const clear = cluster('{ "kind": "etcd", "endpoints": ["http://e:2379"], "user": "u", "password": "p" }');
  t.match(warningsOf(clear), [/endpoints: the password goes over http in the clear/]);
  const idle =
    '{ "clusters": { "main": { "backends": ["a:1", "b:1", "c:1"], "monitor": { "password": "x" }, "failover": { "coordinator": { "kind": "database" } } } } }';
  t.match(warningsOf(idle), [/coordinator\.kind: "mode": "follow" promotes nobody/]);
});

t.test('users', async (t) => {
  t.match(errorsOf(minimal('"users": [{ "name": "a" }, { "name": "a" }]')), [/users\[1\]\.name: users\[0\] has this name already/]);
  t.match(errorsOf(minimal('"users": [{ "name": "a", "cluster": "mai" }]')), [
    /users\[0\]\.cluster: there is no cluster "mai" \(did you mean "main"\?\)/,
  ]);
  t.match(errorsOf(minimal('"users": [{ "name": "a", "allow": [] }]')), [/lets nobody in/]);
  t.match(errorsOf(minimal('"users": [{ "name": "a", "allow": ["10.0.0.0/99"] }]')), [/users\[0\]\.allow\[0\]: .* from 0 to 32/]);
});

t.test('admin', async (t) => {
  t.match(errorsOf(minimal('"admin": { "address": "0.0.0.0:6480" }')), [
    /admin\.address: others can reach 0\.0\.0\.0:6480, so admin\.token must be set/,
  ]);
  t.same(errorsOf(minimal('"admin": { "address": "0.0.0.0:6480", "token": "0123456789abcdef" }')), []);
  t.same(
    errorsOf(minimal('"admin": { "address": "0.0.0.0:6480", "tokens": [{ "name": "g", "role": "viewer", "token": "0123456789abcdef" }] }')),
    [],
  );
  t.same(errorsOf(minimal('"admin": { "metricsAddress": "0.0.0.0:6481" }')), [], 'the metrics address may face the network');
  t.match(errorsOf(minimal('"admin": { "token": "" }')), [/admin\.token: a token has at least one character/]);
  t.match(errorsOf(minimal('"admin": { "token": "abc", "tokens": [{ "name": "g", "role": "viewer", "token": "abc" }] }')), [
    /tokens\[0\]\.token: another token has the same text/,
  ]);
  t.match(warningsOf(minimal('"admin": { "token": "short" }, "users": [{ "name": "u" }]')), [/admin\.token: a token of less than 16/]);
  const twice =
    '{ "name": "g", "role": "viewer", "token": "0123456789abcde1" }, { "name": "g", "role": "viewer", "token": "0123456789abcde2" }';
  t.match(errorsOf(minimal(`"admin": { "tokens": [${twice}] }`)), [/admin\.tokens\[1\]\.name/]);
});

t.test('drain', async (t) => {
  t.match(errorsOf(minimal('"drain": { "acceptFor": "30s" }')), [/drain\.acceptFor: longer than drain\.timeout/]);
});

t.test('TLS files', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const folder = t.testdir({ 'key.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 'text.pem': 'not a certificate' });
  const tls = (keys: string) =>
    errorsOf(minimal(`"listeners": [{ "address": "127.0.0.1:1", "route": "primary", "tls": { ${keys} } }]`), {}, `${folder}/p.json`);
  t.same(tls('"mode": "require"'), [], 'with a certificate of our own making');
  t.match(tls('"keyFile": "key.pem"').join(), /tls\.certFile: missing; a keyFile needs its certificate/);
  t.match(tls('"certFile": "text.pem"').join(), /tls\.keyFile: missing; a certFile needs its private key/);
  t.match(tls('"certFile": "none.pem", "keyFile": "key.pem"'), [/certFile: the file .*none\.pem cannot be read: it does not exist/]);
  t.match(tls('"certFile": "text.pem", "keyFile": "key.pem"'), [/holds no certificate in PEM form/]);
  t.match(tls('"certFile": "key.pem", "keyFile": "text.pem"').join(), /holds no private key/);
  const cluster = `{ "clusters": { "main": { "backends": ["a:1"], "tls": { "mode": "verify-ca", "caFile": "none.pem" } } } }`;
  t.match(errorsOf(cluster, {}, `${folder}/p.json`), [/clusters\.main\.tls\.caFile: the file .*none\.pem cannot be read/]);

  const pem = await makeCertificates();
  const pair = (cert: string, key: string) => tls(`"certFile": "${cert}", "keyFile": "${key}"`);
  t.same(pair(pem.serverCert, pem.serverKey), []);
  t.match(pair(pem.serverCert, pem.clientKey), [/tls\.keyFile: this key does not belong to the certificate in certFile/]);
  const listener = `"listeners": [{ "address": "127.0.0.1:1", "route": "primary", "tls": { "certFile": "${pem.serverCert}", "keyFile": "${pem.serverKey}" } }]`;
  t.match(load(minimal(listener)).listeners[0]?.tls, { mode: 'prefer', certFile: pem.serverCert });
});

t.test('expiry is warned of', async (t) => {
  const authority = newParty('CA', 'ec');
  const folder = t.testdir({
    'expired.pem': issueCertificate(authority, authority, { toDay: -0.5 }),
    'soon.pem': issueCertificate(authority, authority, { toDay: 3 }),
    'later.pem': issueCertificate(authority, authority, { fromDay: 3 }),
    'bundle.pem': issueCertificate(authority, authority) + issueCertificate({ ...authority, name: 'Old CA' }, authority, { toDay: -0.5 }),
    'good.pem': issueCertificate(authority, authority),
    'key.pem': keyPem(authority),
  });
  const listener = (cert: string, ca = 'good.pem') =>
    `"listeners": [{ "address": "127.0.0.1:1", "route": "primary", "tls": { "certFile": "${folder}/${cert}", "keyFile": "${folder}/key.pem", "clientCaFile": "${folder}/${ca}" } }], "users": [{ "name": "u" }]`;
  t.same(warningsOf(minimal(listener('good.pem'))), []);
  t.match(warningsOf(minimal(listener('expired.pem'))), [
    /^p\.json:1:\d+: warning: .*tls\.certFile: the certificate expired on .*; renew it/,
  ]);
  t.match(warningsOf(minimal(listener('soon.pem'))), [/tls\.certFile: the certificate expires on .*; renew it/]);
  t.match(warningsOf(minimal(listener('later.pem'))), [/tls\.certFile: the certificate is valid only from/]);
  t.match(warningsOf(minimal(listener('good.pem', 'bundle.pem'))), [/clientCaFile: the certificate of CN=Old CA expired/]);
});

t.test('client certificates', async (t) => {
  const authority = newParty('CA', 'ec');
  const folder = t.testdir({ 'ca.pem': issueCertificate(authority, authority) });
  const errors = (tls: string, user = '') =>
    errorsOf(
      minimal(`"listeners": [{ "address": "127.0.0.1:1", "route": "primary", "tls": { ${tls} } }], "users": [{ "name": "u"${user} }]`),
    );
  const ca = `"clientCaFile": "${folder}/ca.pem"`;
  t.same(errors(ca, ', "certificate": "CN=app"'), []);
  t.same(errors(`${ca}, "clientCertificate": "require"`), []);
  t.match(errors(`${ca}, "clientCertificate": "require", "mode": "prefer"`), [/tls\.mode: .* no effect on clients without TLS/]);
  t.match(errors('"clientCertificate": "require"'), [/tls\.clientCaFile: missing/]);
  t.match(errors(`${ca}, "mode": "off"`), [/tls\.mode: without TLS no client can show a certificate/]);
  t.match(errors('"clientCaFile": "none.pem"'), [/clientCaFile: the file .*none\.pem cannot be read/]);
  t.match(errors('', ', "certificate": "CN=app"'), [/users\[0\]\.certificate: no listener asks for client certificates/]);
  t.match(errors(ca, ', "password": "", "certificate": { "insteadOfPassword": true }'), [/certificate: any certificate would do/]);
  t.match(errors(ca, ', "certificate": { "subject": "CN=a", "insteadOfPassword": true }'), [
    /users\[0\]\.password: missing; the client does/,
  ]);
  t.match(errors(ca, ', "certificate": { "altName": "app" }'), [/certificate\.altName: "app": it begins with DNS:/]);
  t.match(errors(ca, ', "certificate": "app"'), [/"app" is no attribute of a name; write a subject such as CN=app/]);
});

t.test('names of subjects', async (t) => {
  for (const [text, wanted] of [
    ['CN=app', [['cn', 'app']]],
    [
      'CN = app , O=Example\\, Inc',
      [
        ['cn', 'app'],
        ['o', 'Example, Inc'],
      ],
    ],
    [
      'CN=app+OU=a,O="x, y"',
      [
        ['cn', 'app'],
        ['ou', 'a'],
        ['o', 'x, y'],
      ],
    ],
    [
      '/C=SE/O=Example, Inc/CN=app/emailAddress=a@b',
      [
        ['c', 'SE'],
        ['o', 'Example, Inc'],
        ['cn', 'app'],
        ['emailaddress', 'a@b'],
      ],
    ],
    [
      'CN=J\\C3\\BCrgen,E=a@b',
      [
        ['cn', 'Jürgen'],
        ['emailaddress', 'a@b'],
      ],
    ],
    ['cn=🔑\\=\\+', [['cn', '🔑=+']]],
    ['2.5.4.3=x', [['2.5.4.3', 'x']]],
  ] as const) {
    t.same(parseDistinguishedName(text), wanted, text);
  }
  for (const text of ['', 'app', 'CN=', 'CN=app,', '=x', 'CN=#0403', 'CN=a\\', '/CN', '/', 'CN app=1']) {
    t.type(parseDistinguishedName(text), 'string', `"${text}"`);
  }
});
