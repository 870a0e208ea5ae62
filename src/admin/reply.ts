/** An answer, ready to be written. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** An answer without end: called once the head is written. `body` comes first. */
  readonly stream?: (sink: StreamSink) => void;
}

/** Where a stream writes to. */
export interface StreamSink {
  write(text: string): void;
  /** Bytes that the reader has not taken yet. */
  readonly waitingBytes: number;
  end(): void;
  /** Called once, however it ends. */
  onEnd(ended: () => void): void;
}

/** JSON, with a line break at its end for terminals. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? String(member) : member), 2);
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: `${body}\n` };
}

/** Plain text. */
export function text(status: number, body: string, contentType = 'text/plain; charset=utf-8'): Reply {
  return { status, headers: { 'content-type': contentType }, body };
}

/** `{"error": {"code", "message"}}`; the code is stable, the message says what to do. */
export function problem(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return json(status, { error: { code, message } }, headers);
}
