import type { KubeApi } from '@restow/kube';
import { z } from 'zod';

const PATH = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

const reviewSchema = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

/** What one may do with one kind of object, as RBAC says it. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  /** Only this one. */
  readonly name?: string;
}

/** Those of what is needed that whoever asks is not allowed, in words. */
export async function lacking(
  api: KubeApi,
  needed: readonly Access[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const access of needed) {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: access },
    };
    const answer = await api.create(PATH, review, signal);
    if (answer.ok && reviewSchema.parse(answer.object).status.allowed) continue;
    const { verb, resource, subresource } = access;
    found.push(`you may not ${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`);
  }
  return found;
}
