/** A request as far as it decides about the answer. */
export interface AdminRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly headers: RequestHeaders;
  /** Address of who asks; `unix` for a socket file. */
  readonly from: string;
  /** It came by TLS. */
  readonly secure: boolean;
  /** It came in on the metrics address. */
  readonly openOnly: boolean;
  /** The whole body, once it is there. @throws AdminProblem where it is too large or stops midway */
  readonly body: () => Promise<Buffer>;
}

/** The headers that matter here. */
export interface RequestHeaders {
  readonly authorization?: string | undefined;
  readonly host?: string | undefined;
  readonly cookie?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | undefined;
  readonly 'content-type'?: string | undefined;
  readonly 'last-event-id'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
  readonly 'accept-encoding'?: string | undefined;
}
