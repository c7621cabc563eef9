import { askingCloud } from '@restow/executor';
import { z } from 'zod';

const DENIED_STATUS = 403;
/** Source: google.rpc.Code. */
const PERMISSION_DENIED = 7;
const NOT_FOUND_STATUS = 404;
const NOT_FOUND = 5;

const failureSchema = z.object({ code: z.union([z.int(), z.string()]).optional(), status: z.int().optional() });

/** Whether the cloud has said that this may not be asked. */
export function isDenied(error: unknown): boolean {
  return says(error, PERMISSION_DENIED, DENIED_STATUS);
}

export function isNotFound(error: unknown): boolean {
  return says(error, NOT_FOUND, NOT_FOUND_STATUS);
}

export const asked = askingCloud({ name: 'Google Cloud', isDenied });

/** The clients use gRPC's numbers, what is asked without a client HTTP's. */
function says(error: unknown, code: number, status: number): boolean {
  const found = failureSchema.safeParse(error).data;
  return (
    found !== undefined && (Number(found.code) === code || Number(found.code) === status || found.status === status)
  );
}
