/**
 * Base of everything that restow throws. Expected outcomes are values; what is thrown is bad input, an outage or a bug.
 * `code` is stable and may be matched on; `message` says what was wrong, where, and what to do.
 */
export class RestowError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Where in the input something was wrong; each part is given when it is known. */
export interface InputLocation {
  readonly file?: string;
  /** Path in the document, such as `items[3].spec.containers`. */
  readonly path?: string;
  /** One-based. */
  readonly line?: number;
}

/** The user's input cannot be used. The command ends with exit code 2 and has changed nothing. */
export class InputError extends RestowError {
  readonly location: InputLocation;
  readonly problem: string;

  constructor(problem: string, location: InputLocation = {}, options?: ErrorOptions) {
    super('RESTOW_INPUT', describeLocation(location) + problem, options);
    this.problem = problem;
    this.location = location;
  }

  /** The same error with what a caller further out knows about the place. */
  at(location: InputLocation): InputError {
    return new InputError(this.problem, { ...location, ...this.location }, { cause: this });
  }
}

function describeLocation(location: InputLocation): string {
  const parts: string[] = [];
  if (location.file !== undefined) parts.push(location.file);
  if (location.line !== undefined) parts.push(`line ${location.line}`);
  if (location.path !== undefined && location.path !== '') parts.push(location.path);
  return parts.length === 0 ? '' : `${parts.join(': ')}: `;
}
