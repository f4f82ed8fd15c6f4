/**
 * One table of the errors that leave the process: stable code, HTTP status. The text for users stands in the catalogues
 * under `error.<code>`. What went wrong inside is the `cause`; it is logged and never shown.
 */
export const errorTable = {
  bad_request: 400,
  forbidden: 403,
  cross_site: 403,
  not_found: 404,
  method_not_allowed: 405,
  stale_form: 409,
  sign_in_expired: 410,
  sign_in_finished: 410,
  cookies_missing: 410,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_attempts: 429,
  internal: 500,
  store_unavailable: 503,
  busy: 503,
  not_configured: 503,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorTable;

/** An error with a code from the table. `detail` is for the log. */
export class StepgateError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  /** Seconds after which another try makes sense; sent as Retry-After. */
  readonly retryAfter?: number;

  constructor(code: ErrorCode, detail: string = code, options?: { cause?: unknown; retryAfter?: number }) {
    super(detail, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StepgateError';
    this.code = code;
    this.status = errorTable[code];
    if (options?.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }
}

/** Where what a part does in the background fails. */
export interface FailureLog {
  readonly warn: (message: string) => void;
  /** Told of an unexpected failure, with its cause: the log needs its stack. */
  readonly alarm: (error: StepgateError) => void;
}

/** `what` failed, as a sentence without its reason. */
export function logFailure(what: string, error: unknown, { warn, alarm }: FailureLog): void {
  if (error instanceof StepgateError) warn(`${what}: ${error.message}`);
  else alarm(unexpectedFailure(what, error));
}

export function unexpectedFailure(what: string, error: unknown): StepgateError {
  return new StepgateError('internal', `${what}: ${String(error)}`, { cause: error });
}

/** The store did not answer, or refused to serve: 503, never a login and never a hang (Law 13). */
export class StoreUnavailable extends StepgateError {
  constructor(detail: string, cause?: unknown) {
    super('store_unavailable', detail, { cause, retryAfter: 2 });
    this.name = 'StoreUnavailable';
  }
}
