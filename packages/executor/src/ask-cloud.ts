import { OutageError } from './errors.ts';

/** How a cloud says no. */
export interface CloudManners {
  readonly name: string;
  /** Whether it has said that this may not be asked. */
  readonly isDenied: (error: unknown) => boolean;
}

/** Asks for something that needs the permission `action`; `without` says what is not known without an answer. */
export type AskCloud = <Value>(
  action: string,
  without: string,
  fallback: Value,
  missing: string[],
  ask: () => Promise<Value>,
) => Promise<Value>;

/**
 * How one cloud is asked. What it may not be asked leaves the fallback, and says in `missing` which permission is missing
 * and what that leaves open; what it does not answer is an outage.
 */
export function askingCloud({ name, isDenied }: CloudManners): AskCloud {
  return async (action, without, fallback, missing, ask) => {
    try {
      return await ask();
    } catch (error) {
      if (isDenied(error)) {
        missing.push(`${action} is not allowed: ${without}`);
        return fallback;
      }
      throw cloudOutage(name, action, error);
    }
  };
}

/** That a cloud does not answer; what is an outage already is the same one. */
export function cloudOutage(cloud: string, action: string, error: unknown): OutageError {
  if (error instanceof OutageError) return error;
  const { name, message } = error as Error;
  const what = name === 'Error' ? message : `${name}: ${message}`;
  return new OutageError(`${cloud} does not answer ${action}: ${what}`, { cause: error });
}
