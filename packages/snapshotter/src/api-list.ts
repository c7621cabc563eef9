import { InputError } from '@restow/model';
import { z } from 'zod';

/** One object of a List, with where it stands in the input. */
export interface ApiObject {
  readonly kind: string;
  readonly group: string;
  readonly body: unknown;
  readonly file: string;
  readonly path: string;
}

const item = z.object({
  apiVersion: z.string().nullish(),
  kind: z.string().nullish(),
  metadata: z.object({ name: z.string(), namespace: z.string().nullish() }),
});

/**
 * The objects of a `List` (`kubectl get a,b -o json`) or of a typed list such as `PodList` (`kubectl get --raw`), whose
 * items carry no kind of their own.
 */
export function objectsOfList(
  document: { kind?: unknown; apiVersion?: unknown; items?: unknown },
  file: string,
): ApiObject[] {
  const listKind = String(document.kind);
  if (!Array.isArray(document.items)) throw new InputError('expected a list of objects', { file, path: 'items' });
  const itemKind = listKind === 'List' ? null : listKind.slice(0, -'List'.length);
  return document.items.map((body: unknown, index): ApiObject => {
    const path = `items[${index}]`;
    const parsed = item.safeParse(body);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      throw new InputError(issue.message, { file, path: [path, ...issue.path].join('.') });
    }
    const kind = parsed.data.kind ?? itemKind;
    if (kind === null) throw new InputError('the object has no kind', { file, path: `${path}.kind` });
    const apiVersion = parsed.data.apiVersion ?? String(document.apiVersion ?? '');
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return { kind, group, body, file, path };
  });
}

/** One object of a collection whose kind is known. */
export function apiObjectOf(body: unknown, kind: string, group: string, file: string, path: string): ApiObject {
  const parsed = item.safeParse(body);
  if (parsed.success) return { kind, group, body, file, path };
  throw new InputError(parsed.error.issues[0]!.message, { file, path });
}

/** Kubernetes names an object once per kind and namespace; twice means two clusters, or one file given twice. */
export function refuseDuplicates(objects: readonly ApiObject[]): void {
  const seen = new Map<string, ApiObject>();
  for (const object of objects) {
    const { name, namespace } = (object.body as { metadata: { name: string; namespace?: string | null } }).metadata;
    const key = `${object.group}/${object.kind}/${namespace ?? ''}/${name}`;
    const first = seen.get(key);
    if (first !== undefined) {
      throw new InputError(
        `${object.kind} ${namespace ? `${namespace}/` : ''}${name} is there twice (first at ${first.file === object.file ? '' : `${first.file}: `}${first.path})`,
        { file: object.file, path: object.path },
      );
    }
    seen.set(key, object);
  }
}
