import { type ActOutcome, type NodeIdentity, type NodeMarker, OutageError } from '@restow/executor';
import { PROTECTED_ANNOTATION, PROTECTIONS, UNPREFERRED_TAINT } from '@restow/model';
import { z } from 'zod';
import { CONFLICT, NOT_FOUND } from '../status.ts';
import type { KubeApi, KubeObject } from './kube-api.ts';
import { refusedBecause } from './refusal.ts';

const nodeSpec = z.looseObject({
  unschedulable: z.boolean().nullish(),
  taints: z.array(z.looseObject({ key: z.string() })).nullish(),
});
/** On nodes that shall not take pods unless no other can. */
export const SOFT_TAINT = { key: UNPREFERRED_TAINT, effect: 'PreferNoSchedule' };
const TRIES = 10;

/** A merge patch without its metadata; null: it is so already. */
type Change = (node: KubeObject) => { readonly spec?: object; readonly annotations?: object } | null;

/** Cordons, soft taints and protection of nodes, by patches that hold only for the object that was looked at. */
export class KubeNodeMarker implements NodeMarker {
  readonly #api: KubeApi;

  constructor(api: KubeApi) {
    this.#api = api;
  }

  async cordon(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome<{ readonly wasCordoned: boolean }>> {
    let wasCordoned = false;
    const changed = await this.#change(node, signal, (now) => {
      wasCordoned = specOf(now).unschedulable === true;
      return wasCordoned ? null : { spec: { unschedulable: true } };
    });
    return changed.ok ? { ok: true, wasCordoned } : changed;
  }

  async uncordon(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    return this.#change(node, signal, (now) =>
      specOf(now).unschedulable === true ? { spec: { unschedulable: null } } : null,
    );
  }

  async markUnpreferred(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    return this.#change(node, signal, (now) => {
      const taints = specOf(now).taints ?? [];
      return taints.some(({ key }) => key === UNPREFERRED_TAINT) ? null : { spec: { taints: [...taints, SOFT_TAINT] } };
    });
  }

  async unmark(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    return this.#change(node, signal, (now) => {
      const taints = specOf(now).taints ?? [];
      const others = taints.filter(({ key }) => key !== UNPREFERRED_TAINT);
      return others.length === taints.length ? null : { spec: { taints: others } };
    });
  }

  async protect(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    return this.#change(node, signal, ({ metadata }) => {
      const annotations = metadata.annotations ?? {};
      if (annotations[PROTECTED_ANNOTATION] !== undefined) return null;
      // What a person has set stays when the run is over.
      const keys = PROTECTIONS.filter((key) => annotations[key] === undefined);
      const added = Object.fromEntries(keys.map((key) => [key, 'true']));
      return { annotations: { ...added, [PROTECTED_ANNOTATION]: keys.join(',') } };
    });
  }

  async unprotect(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    let claim: string | undefined;
    const changed = await this.#change(node, signal, ({ metadata }) => {
      claim = metadata.ownerReferences?.find(({ kind }) => kind === 'NodeClaim')?.name;
      return unprotection(metadata.annotations ?? {});
    });
    // A NodeClaim that restow made was protected before its node was there.
    if (changed.ok && claim !== undefined) await this.#unprotectClaim(claim, signal);
    return changed;
  }

  async #unprotectClaim(name: string, signal: AbortSignal): Promise<void> {
    const path = `/apis/karpenter.sh/v1/nodeclaims/${name}`;
    const claim = await this.#api.read(path, signal);
    const patch = unprotection(claim?.metadata.annotations ?? {});
    if (patch !== null) await this.#api.patch(path, { metadata: patch }, signal);
  }

  async #change({ name, uid }: NodeIdentity, signal: AbortSignal, change: Change): Promise<ActOutcome> {
    const path = `/api/v1/nodes/${name}`;
    const gone = { ok: false, code: 'gone', reason: `node ${name} is gone` } as const;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const node = await this.#api.read(path, signal);
      if (node === null || node.metadata.uid !== uid) return gone;
      const patch = change(node);
      if (patch === null) return { ok: true };
      const { resourceVersion } = node.metadata;
      const metadata = { uid, resourceVersion, ...(patch.annotations ? { annotations: patch.annotations } : {}) };
      const body = { metadata, ...(patch.spec ? { spec: patch.spec } : {}) };
      const answer = await this.#api.patch(path, body, signal);
      if (answer.ok) return { ok: true };
      if (answer.status === NOT_FOUND) return gone;
      // Its kubelet writes to the node too.
      if (answer.status !== CONFLICT) return refusedBecause(`node ${name}`, answer);
    }
    throw new OutageError(`node ${name} changes faster than it can be written`);
  }
}

/** What takes restow's own protection off an object again; null: there is none. */
export function unprotection(annotations: Readonly<Record<string, string>>): { readonly annotations: object } | null {
  const keys = annotations[PROTECTED_ANNOTATION];
  if (keys === undefined) return null;
  const gone = [...keys.split(',').filter((key) => key !== ''), PROTECTED_ANNOTATION];
  return { annotations: Object.fromEntries(gone.map((key) => [key, null])) };
}

function specOf(node: KubeObject): z.infer<typeof nodeSpec> {
  return nodeSpec.parse(node.spec ?? {});
}
