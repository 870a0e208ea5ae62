/** What an operator asked for cannot be done, and nothing was changed (or all was put back). The message says the way out. */
export class OperatorError extends Error {
  readonly code: 'PM_HEALTH_UNKNOWN_BACKEND' | 'PM_HEALTH_NOT_NOW' | 'PM_HEALTH_ABORTED';

  constructor(code: OperatorError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
