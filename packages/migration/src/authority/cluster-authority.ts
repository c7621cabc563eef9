import { CONFLICT, type KubeApi, refusedBecause } from '@restow/kube';
import { InputError } from '@restow/model';
import { z } from 'zod';
import { type Authority, createAuthority } from './authority.ts';

export const AUTHORITY_SECRET = { namespace: 'kube-system', name: 'restow-authority' } as const;
const { namespace: NAMESPACE, name: NAME } = AUTHORITY_SECRET;
const COLLECTION = `/api/v1/namespaces/${NAMESPACE}/secrets`;

const secretSchema = z.looseObject({ data: z.looseObject({ 'ca.crt': z.base64(), 'ca.key': z.base64() }) });

/**
 * The cluster's authority, in a Secret: who may read it may have pods moved live, and nobody else. null where none was
 * made yet.
 */
export async function readAuthority(api: KubeApi, signal: AbortSignal): Promise<Authority | null> {
  const found = await api.read(`${COLLECTION}/${NAME}`, signal);
  if (found === null) return null;
  const { data } = secretSchema.parse(found);
  const text = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');
  return { certificate: text(data['ca.crt']), key: text(data['ca.key']) };
}

/** Makes it where there is none. Throws InputError when that may not be done. */
export async function ensureAuthority(api: KubeApi, now: Date, signal: AbortSignal): Promise<Authority> {
  const known = await readAuthority(api, signal);
  if (known !== null) return known;
  const made = await createAuthority(now);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: NAME, namespace: NAMESPACE },
    type: 'Opaque',
    data: { 'ca.crt': base64(made.certificate), 'ca.key': base64(made.key) },
  };
  const answer = await api.create(COLLECTION, secret, signal);
  if (answer.ok) return made;
  // Somebody else was first.
  if (answer.status === CONFLICT) return (await readAuthority(api, signal))!;
  throw new InputError(refusedBecause(`secret ${NAMESPACE}/${NAME}`, answer).reason);
}
