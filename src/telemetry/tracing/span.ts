/** One statement of a client, from its last byte that came to the last byte of its answer. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined: nobody told us of a parent. */
  readonly parentSpanId: string | undefined;
  /** `SELECT shop.orders` or such: few different ones. */
  readonly name: string;
  /** Unix time, ms with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly ok: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** Spans as OTLP/HTTP takes them in JSON: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export function otlpJson(spans: readonly Span[], service: string, version: string): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': service, 'service.version': version, 'process.pid': process.pid }) },
        scopeSpans: [{ scope: { name: 'pointsman', version }, spans: spans.map(spanJson) }],
      },
    ],
  });
}

/** A proxy serves its client and asks a server; to the trace it is the server of the statement. */
const KIND_SERVER = 2;
const STATUS_ERROR = 2;

function spanJson(span: Span): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: KIND_SERVER,
    startTimeUnixNano: nanos(span.startMs),
    endTimeUnixNano: nanos(span.endMs),
    attributes: attributesOf(span.attributes),
    status: span.ok ? {} : { code: STATUS_ERROR },
  };
}

/** 64 bit do not fit a JSON number: OTLP wants text. */
function nanos(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

function attributesOf(attributes: Span['attributes']): object[] {
  return Object.entries(attributes).flatMap(([key, value]): object[] => {
    if (value === undefined) return [];
    if (typeof value === 'string') return [{ key, value: { stringValue: value } }];
    if (typeof value === 'boolean') return [{ key, value: { boolValue: value } }];
    return [{ key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } }];
  });
}
