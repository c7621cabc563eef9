import { askCloud } from '@restow/executor';

const DENIED = /AccessDenied|UnauthorizedOperation|AuthFailure|NotAuthorized/i;

/** Whether the cloud has said that this may not be asked. */
export function isDenied(error: unknown): boolean {
  return error instanceof Error && DENIED.test(error.name);
}

/** `askCloud`, of AWS. */
export function asked<Value>(
  action: string,
  without: string,
  fallback: Value,
  missing: string[],
  ask: () => Promise<Value>,
): Promise<Value> {
  return askCloud({ name: 'AWS', isDenied }, { action, without, fallback, ask }, missing);
}
