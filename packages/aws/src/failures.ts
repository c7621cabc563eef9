import { OutageError } from '@restow/executor';

const DENIED = /AccessDenied|UnauthorizedOperation|AuthFailure|NotAuthorized/i;

/** Whether the cloud has said that this may not be asked. */
export function isDenied(error: unknown): boolean {
  return error instanceof Error && DENIED.test(error.name);
}

/**
 * Asks the cloud. What it may not be asked leaves `fallback`, and says in `missing` which permission is missing and what
 * that leaves open; what it does not answer is an outage.
 */
export async function asked<Value>(
  action: string,
  without: string,
  fallback: Value,
  missing: string[],
  ask: () => Promise<Value>,
): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    const { name, message } = error as Error;
    if (isDenied(error)) {
      missing.push(`${action} is not allowed: ${without}`);
      return fallback;
    }
    throw new OutageError(`AWS does not answer ${action}: ${name}: ${message}`, { cause: error });
  }
}
