import { writeFileSync } from 'node:fs';
import t from 'tap';
import { errorsOf, load, minimal } from './load.js';

const user = (password: string) => minimal(`"users": [{ "name": "app", "password": ${JSON.stringify(password)} }]`);
const password = (text: string, env: Record<string, string> = {}) => load(user(text), env).users[0]?.password;

t.test('references in any string', async (t) => {
  t.equal(password('${env:PW}', { PW: 'secret' }), 'secret');
  t.equal(password('a${env:X}b${env:Y}', { X: '1', Y: '${env:X}' }), 'a1b${env:X}', 'what comes in is not looked at again');
  t.equal(password('$${env:PW}'), '${env:PW}', 'escaped');
  t.equal(password('cost$5{'), 'cost$5{');
  t.equal(password('${env:EMPTY}', { EMPTY: '' }), '');
});

t.test('files: the last line break goes, relative paths start at the configuration', async (t) => {
  const folder = t.testdir({ secret: 'from file\n', crlf: 'x\r\n', two: 'a\n\n' });
  t.equal(password(`\${file:${folder}/secret}`), 'from file');
  t.equal(password(`\${file:${folder}/crlf}`), 'x');
  t.equal(password(`\${file:${folder}/two}`), 'a\n');
  t.same(errorsOf(user('${file:secret}'), {}, `${folder}/p.json`), []);
  writeFileSync(`${folder}/large`, Buffer.alloc(70_000));
  t.match(errorsOf(user(`\${file:${folder}/large}`)), [/larger than 64 KiB/]);
  t.match(errorsOf(user(`\${file:${folder}}`)), [/it is a folder/]);
});

t.test('broken references are placed, and are the only complaint about their string', async (t) => {
  t.match(errorsOf(user('${env:NOPE}')), [/^p\.json:1:\d+: users\[0\]\.password: the environment variable NOPE is not set/]);
  t.match(errorsOf(user('${file:/no/such/file}')), [/the file \/no\/such\/file cannot be read: it does not exist/]);
  t.match(errorsOf(user('${vault:x}')), [/a reference is \$\{env:NAME\} or \$\{file:\/path\}/]);
  t.match(errorsOf(user('${env:X')), [/not closed/]);
  t.match(errorsOf(minimal('"limits": { "clients": "${env:NOPE}" }')), [/limits\.clients: the environment variable NOPE/]);
  t.equal(errorsOf('{ "clusters": { "main": { "backends": ["${env:NOPE}"] } } }').length, 1, 'also where the key is required');
});

t.test('numbers and flags may come from references, and are never shown', async (t) => {
  const env = { N: '7', T: 'true', BAD: 'hunter2' };
  t.equal(load(minimal('"limits": { "clients": "${env:N}" }'), env).limits.clients, 7);
  t.equal(load(minimal('"process": { "workers": "${env:N}" }'), env).process.workers, 7);
  const rejoin = '{ "clusters": { "main": { "backends": ["a:1"], "failover": { "rejoin": "${env:T}" } } } }';
  t.equal(load(rejoin, env).clusters[0]?.failover.rejoin, true);
  for (const key of [
    '"limits": { "clients": "${env:BAD}" }',
    '"log": { "level": "${env:BAD}" }',
    '"drain": { "timeout": "${env:BAD}" }',
    '"serverVersion": "${env:BAD} x"',
  ]) {
    const errors = errorsOf(minimal(key), env);
    t.equal(errors.length, 1, key);
    t.notMatch(errors[0], /hunter2/, key);
  }
});
