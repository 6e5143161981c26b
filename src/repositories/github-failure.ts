import { VitrineError, type ErrorCode } from '../shared/errors.js';

/**
 * What a failed call to GitHub means for the one who made it.
 * `ambiguous`: it may have been done (5xx, timeout, reset): look before creating anything again.
 * `retry`: refused by a limit and not done: again after `retryInMs`.
 * `gone`: what it was about is not there (404, 410, 451).
 * `poison`: GitHub will never accept it as it is (400, 409, 422): park it, do not block others.
 * `unauthorized`: the App may not, or may not any more: a person must look.
 */
export type FailureKind = 'ambiguous' | 'retry' | 'gone' | 'poison' | 'unauthorized';

const CODES: Readonly<Record<FailureKind, ErrorCode>> = {
  ambiguous: 'bad_gateway',
  retry: 'too_many_requests',
  gone: 'not_found',
  poison: 'unprocessable',
  unauthorized: 'forbidden',
};

/** The only error that the ports `GitHub` and `Reporter` throw for what GitHub answered, or did not answer. */
export class GitHubFailure extends VitrineError {
  override name = 'GitHubFailure';
  readonly kind: FailureKind;
  /** Not before this; undefined leaves the pause to the caller's own backoff. */
  readonly retryInMs: number | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    options: { readonly cause?: unknown; readonly retryInMs?: number } = {},
  ) {
    super(CODES[kind], message, { cause: options.cause });
    this.kind = kind;
    this.retryInMs = options.retryInMs;
  }
}

export function isGitHubFailure(error: unknown): error is GitHubFailure {
  return error instanceof GitHubFailure;
}
