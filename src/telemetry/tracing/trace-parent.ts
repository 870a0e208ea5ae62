/** Where a span belongs, from W3C `traceparent`: https://www.w3.org/TR/trace-context/#traceparent-header */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;

/** Reads a traceparent; undefined where it is none that counts (version ff, zero ids). */
export function parseTraceParent(text: string): TraceParent | undefined {
  const [, version, traceId = '', spanId = '', flags = ''] = FORM.exec(text) ?? [];
  if (version === undefined || version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

const NAME = Buffer.from('traceparent');

/** The traceparent that a statement carries in a comment, as sqlcommenter writes it: `/*traceparent='00-...-01'*​/`. */
export function traceParentIn(sql: Buffer): TraceParent | undefined {
  const at = sql.indexOf(NAME);
  if (at < 0) return undefined;
  const behind = sql.toString('latin1', at + NAME.length, at + NAME.length + 64);
  const value = /^\s*[=:]\s*['"]?(.*)$/s.exec(behind)?.[1];
  return value === undefined ? undefined : parseTraceParent(value);
}
