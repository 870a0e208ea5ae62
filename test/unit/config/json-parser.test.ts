import t from 'tap';
import { type JsonSyntaxError, parseJson } from '../../../src/config/json/json-parser.js';
import type { JsonNode } from '../../../src/config/json/node.js';

function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries([...node.members].map(([key, { value }]) => [key, plain(value)]));
    case 'array':
      return node.elements.map(plain);
    case 'null':
      return null;
    default:
      return node.value;
  }
}

function failure(text: string): string {
  try {
    parseJson(text, 'f');
  } catch (error) {
    const { place, message } = error as JsonSyntaxError;
    return `${place.line}:${place.column}: ${message}`;
  }
  return 'none';
}

t.test('reads what JSON.parse reads', async (t) => {
  for (const text of [
    '{}',
    '[]',
    ' {"a": [1, -2.5e3, true, false, null, "x\\n\\u00e9\\ud83d\\ude00\\"/"], "": {"b": {}}} ',
    '"text"',
    '0',
    '{"a":"// no comment","b":"/* neither */"}',
  ]) {
    t.same(plain(parseJson(text, 'f')), JSON.parse(text), text);
  }
});

t.test('comments and a byte order mark', async (t) => {
  t.same(plain(parseJson('\ufeff// a\n{ /* b\n c */ "x": 1, // d\r\n "y": /**/ 2 }\n// end', 'f')), { x: 1, y: 2 });
});

t.test('places of keys and values', async (t) => {
  const node = parseJson('// one\n{\n  "a": /* two\n */ { "b": [1,\n    "c"] }\n}', 'f.json');
  if (node.kind !== 'object') throw new Error('an object');
  t.same(node.place, { source: 'f.json', line: 2, column: 1 });
  const a = node.members.get('a');
  t.same(a?.place, { source: 'f.json', line: 3, column: 3 });
  if (a?.value.kind !== 'object') throw new Error('an object');
  t.match(a.value.place, { line: 4, column: 5 });
  const b = a.value.members.get('b')?.value;
  if (b?.kind !== 'array') throw new Error('a list');
  t.match(b.elements[1]?.place, { line: 5, column: 5 });
});

t.test('mistakes are placed and come with a way out', async (t) => {
  const rows: readonly [string, RegExp][] = [
    ['', /^1:1: the file is empty/],
    ['// only', /^1:8: the file is empty/],
    ['{"a": 1,}', /^1:8: the comma before } is one too many/],
    ['[1,\n]', /^1:3: the comma before ] /],
    ['{"a": 1\n "b": 2}', /^2:2: a comma or } must stand here; is a comma missing on the line before/],
    ['{"a" 1}', /^1:6: a colon must follow the key "a"/],
    ['{a: 1}', /^1:2: the name of a key .* double quotes/],
    ['{"a": \'x\'}', /^1:7: .*double quotes here, not in single/],
    ['{"a": yes}', /^1:7: a value must stand here/],
    ['{"a": 01}', /^1:7: a value/],
    ['{"a": "x\n"}', /^1:7: this text is not closed/],
    ['{"a": "\\x"}', /^1:7: a backslash/],
    ['{"a": "\t"}', /^1:7: .*control characters/],
    ['{"a": 1', /^1:8: the file ends here; a } is missing/],
    ['{"a": ', /^1:7: the file ends where a value/],
    ['{} {}', /^1:4: something follows/],
    ['/* x', /^1:1: this comment never ends/],
    ['{"a": 1, "a": 2}', /^1:10: the key "a" stands twice/],
    ['['.repeat(40), /^1:33: nested deeper than 32/],
  ];
  for (const [text, message] of rows) t.match(failure(text), message, JSON.stringify(text.slice(0, 20)));
});

t.test('mistakes never quote the text, which may be a password', async (t) => {
  for (const text of ['{"password": "hunter2" hunter3}', '{"password": hunter2}', '{"password": "hunter2', '{"password": "\\hunter2"}']) {
    t.notMatch(failure(text), /hunter/, text);
  }
});
