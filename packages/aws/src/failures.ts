import { askingCloud } from '@restow/executor';

const DENIED = /AccessDenied|UnauthorizedOperation|AuthFailure|NotAuthorized/i;

/** Whether the cloud has said that this may not be asked. */
export function isDenied(error: unknown): boolean {
  return error instanceof Error && DENIED.test(error.name);
}

export const asked = askingCloud({ name: 'AWS', isDenied });
