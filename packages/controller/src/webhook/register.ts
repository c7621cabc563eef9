import { CONFLICT, type KubeApi, refusedBecause } from '@restow/kube';
import { WEBHOOK_NAME, WEBHOOK_PATH } from '@restow/migration';
import { InputError, STEERED_ANNOTATION } from '@restow/model';

const TIMEOUT_SECONDS = 2;
const COLLECTIONS = {
  policy: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  binding: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
};

/** Asks the API server to show the webhook new pods that have a controller; when it does not answer, they are made all the same. */
function configuration(url: string, authority: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: WEBHOOK_NAME },
    webhooks: [
      {
        name: 'steer.restow.dev',
        admissionReviewVersions: ['v1'],
        clientConfig: { url: `${url}/steer`, caBundle: Buffer.from(authority).toString('base64') },
        failurePolicy: 'Ignore',
        sideEffects: 'None',
        timeoutSeconds: TIMEOUT_SECONDS,
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'], scope: 'Namespaced' },
        ],
        matchConditions: [
          {
            name: 'statefulset',
            expression: "object.?metadata.ownerReferences.orValue([]).exists(o, o.kind == 'StatefulSet')",
          },
        ],
      },
    ],
  };
}

/**
 * What restow and CRIU read off a pod is for nobody else to write: `org.criu.config` alone lets root read any file of a
 * node. Judged by the API server itself, so that it holds while the webhook is away. Who may is said by RBAC: verb
 * `annotate` on `pods.restow.dev`. What the webhook itself sets, in the name of whoever makes the pod, is no secret and no
 * power.
 */
const POLICY = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'restow-annotations' },
  spec: {
    failurePolicy: 'Fail',
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE', 'UPDATE'] }],
    },
    variables: [
      { name: 'before', expression: 'oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})' },
      { name: 'after', expression: 'object.metadata.?annotations.orValue({})' },
    ],
    validations: [
      {
        expression:
          `variables.after.all(key, key == '${STEERED_ANNOTATION}' || ` +
          "!(key.startsWith('restow.dev/') || key.startsWith('org.criu.')) || " +
          '(key in variables.before && variables.before[key] == variables.after[key])) || ' +
          "authorizer.group('restow.dev').resource('pods').namespace(object.metadata.namespace).check('annotate').allowed()",
        message: 'annotations restow.dev/* and org.criu.* are for restow alone (verb annotate on pods.restow.dev)',
        reason: 'Forbidden',
      },
    ],
  },
};

const BINDING = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'restow-annotations' },
  spec: { policyName: 'restow-annotations', validationActions: ['Deny'] },
};

/** Puts what the webhook needs into the cluster's configuration, in place of what was there. */
export async function register(api: KubeApi, url: string, authority: string, signal: AbortSignal): Promise<void> {
  const collection = WEBHOOK_PATH.slice(0, WEBHOOK_PATH.lastIndexOf('/'));
  await put(api, collection, WEBHOOK_NAME, configuration(url, authority), signal);
  await put(api, COLLECTIONS.policy, POLICY.metadata.name, POLICY, signal);
  await put(api, COLLECTIONS.binding, BINDING.metadata.name, BINDING, signal);
}

async function put(api: KubeApi, collection: string, name: string, object: object, signal: AbortSignal): Promise<void> {
  const created = await api.create(collection, object, signal);
  if (created.ok) return;
  if (created.status !== CONFLICT) throw new InputError(refusedBecause(`${collection}/${name}`, created).reason);
  const patched = await api.patch(`${collection}/${name}`, object, signal);
  if (!patched.ok) throw new InputError(refusedBecause(`${collection}/${name}`, patched).reason);
}
