/** What went wrong with bytes of the wire; stable, matched by callers and tests. */
export type ProtocolErrorCode =
  | 'PM_PROTOCOL_TRUNCATED' // the payload ends inside a field
  | 'PM_PROTOCOL_MALFORMED' // a field holds what the format forbids
  | 'PM_PROTOCOL_UNEXPECTED' // this kind of packet cannot come here
  | 'PM_PROTOCOL_UNSUPPORTED' // real, but older or newer than what we speak
  | 'PM_PROTOCOL_UNENCODABLE'; // a value does not fit the field it is written to

/** Bytes that are not the MySQL protocol as we know it. The only error this folder throws. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  /** Which message was read or written, as in file names: `greeting`, `ok`, `stmt-execute` ... */
  readonly packet: string;

  constructor(code: ProtocolErrorCode, packet: string, detail: string) {
    super(`${packet}: ${detail}`);
    this.code = code;
    this.packet = packet;
  }
}
