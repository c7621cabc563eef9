import type { z } from 'zod';
import { API_VERSION, describeForeignVersion } from './api-version.ts';
import { InputError } from './errors.ts';

/**
 * Checks a parsed document against its schema. The first problem is thrown as an InputError with its path in the
 * document; a document of another version is said to be that, not a heap of unknown fields.
 */
export function parseDocument<Schema extends z.ZodType>(
  schema: Schema,
  document: unknown,
  kind: string,
): z.output<Schema> {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new InputError(`expected one ${kind} object`);
  }
  const { apiVersion } = document as { apiVersion?: unknown };
  if (apiVersion !== undefined && apiVersion !== API_VERSION) {
    throw new InputError(describeForeignVersion(apiVersion), { path: 'apiVersion' });
  }
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw issueToError(result.error);
}

/** The first issue of a zod error as an InputError with a path such as `items[3].spec.containers`. */
export function issueToError(error: z.ZodError): InputError {
  const issue = error.issues[0]!;
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more problems)` : '';
  return new InputError(`${issue.message}${more}`, { path: formatPath(issue.path) });
}

export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else
      text += /^[A-Za-z_][\w-]*$/.test(String(part))
        ? `${text === '' ? '' : '.'}${String(part)}`
        : `["${String(part)}"]`;
  }
  return text;
}
