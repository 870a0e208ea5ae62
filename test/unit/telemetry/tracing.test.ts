import t from 'tap';
import { slowLogEntry } from '../../../src/telemetry/slow-log.js';
import { otlpJson } from '../../../src/telemetry/tracing/span.js';
import { parseTraceParent, traceParentIn } from '../../../src/telemetry/tracing/trace-parent.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

t.test('traceparent, as W3C has it', async (t) => {
  t.same(parseTraceParent(`00-${TRACE}-${SPAN}-01`), { traceId: TRACE, spanId: SPAN, sampled: true });
  t.same(parseTraceParent(`00-${TRACE}-${SPAN}-00`)?.sampled, false);
  t.same(parseTraceParent(`cc-${TRACE}-${SPAN}-01-what-a-later-version-adds`)?.sampled, true);
  for (const text of [
    '',
    'x',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  ]) {
    t.equal(parseTraceParent(text), undefined, text);
  }
});

t.test('traceparent in a comment of a statement', async (t) => {
  const found = (sql: string) => traceParentIn(Buffer.from(sql))?.traceId;
  t.equal(found(`SELECT 1 /*controller='x',traceparent='00-${TRACE}-${SPAN}-01'*/`), TRACE);
  t.equal(found(`/* traceparent: 00-${TRACE}-${SPAN}-01 */ SELECT 1`), TRACE);
  t.equal(found('SELECT traceparent FROM t'), undefined);
  t.equal(found('SELECT 1 /*traceparent='), undefined);
});

t.test('spans in the JSON of OTLP', async (t) => {
  const span = {
    traceId: TRACE,
    spanId: SPAN,
    parentSpanId: undefined,
    name: 'SELECT',
    startMs: 1_763_887_210_000.25,
    endMs: 1_763_887_210_001.5,
    ok: false,
  };
  const attributes = { text: 'a', whole: 3, part: 0.5, yes: true, none: undefined };
  const { resourceSpans } = JSON.parse(otlpJson([{ ...span, attributes }], 'svc', '1.2.3'));
  const [first] = resourceSpans[0].scopeSpans[0].spans;
  t.match(first, {
    traceId: TRACE,
    spanId: SPAN,
    name: 'SELECT',
    startTimeUnixNano: '1763887210000250000',
    endTimeUnixNano: '1763887210001500000',
    status: { code: 2 },
  });
  t.equal('parentSpanId' in first, false);
  t.same(first.attributes, [
    { key: 'text', value: { stringValue: 'a' } },
    { key: 'whole', value: { intValue: '3' } },
    { key: 'part', value: { doubleValue: 0.5 } },
    { key: 'yes', value: { boolValue: true } },
  ]);
  t.match(resourceSpans[0].resource.attributes, [{ key: 'service.name', value: { stringValue: 'svc' } }]);
});

t.test('entries of the slow log', async (t) => {
  const statement = {
    atMs: 1_763_887_210_123,
    seconds: 1.5,
    hash: 'ab',
    text: 'select ?',
    backend: 'db1',
    user: 'app',
    client: '10.0.0.1',
    session: 7,
    schema: 'a`b',
    ok: true,
    rows: 3,
  };
  t.equal(
    slowLogEntry(statement, 'SELECT 1;\n# not a head\n', 'mysql'),
    [
      '# Time: 2025-11-23T08:40:10.123000Z',
      '# User@Host: app[app] @  [10.0.0.1]  Id: 7',
      '# Schema: a`b  Last_errno: 0  Killed: 0',
      '# Query_time: 1.500000  Lock_time: 0.000000  Rows_sent: 3  Rows_examined: 0',
      '# Backend: db1  Digest: ab',
      'use `a``b`;',
      'SET timestamp=1763887210;',
      'SELECT 1;\n # not a head;',
      '',
    ].join('\n'),
  );
  t.match(JSON.parse(slowLogEntry(statement, 'SELECT 1', 'json')), {
    event: 'slow-statement',
    seconds: 1.5,
    sql: 'SELECT 1',
    digest: 'ab',
  });
  t.match(slowLogEntry(statement, 'x'.repeat(20_000), 'mysql'), /3616 characters more/);
});
