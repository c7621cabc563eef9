import type { ActOutcome, LaunchOrder, LaunchRefusal, NodeIdentity, Released, RemoveRefusal } from '@restow/executor';
import { LABEL, PROTECTED_ANNOTATION, PROTECTIONS } from '@restow/model';
import { sleepMs } from '../sleep.ts';
import { CONFLICT, NOT_FOUND } from '../status.ts';
import type { KubeApi, KubeObject } from '../write/kube-api.ts';
import { SOFT_TAINT } from '../write/node-marker.ts';
import { refusedBecause } from '../write/refusal.ts';
import { disruptionAllowance } from './karpenter-budgets.ts';
import { exceededLimit } from './karpenter-limits.ts';
import { claimSchema, type NodeClaim, type NodePool, poolSchema } from './karpenter-objects.ts';
import { orderKey } from './order-key.ts';
import type { OwnerAdapter } from './owner-adapter.ts';

const API = '/apis/karpenter.sh/v1';
const ORDER = 'restow.dev/order';
const POLL_MS = 500;
const HASHES = ['karpenter.sh/nodepool-hash', 'karpenter.sh/nodepool-hash-version'];

/**
 * Karpenter's nodes, through its own objects: a NodeClaim is an order, its deletion gives the node back (Karpenter drains
 * and terminates it). Within the NodePool's requirements, limits and disruption budgets.
 */
export class KarpenterNodes implements OwnerAdapter {
  readonly #api: KubeApi;
  readonly #now: () => number;
  readonly #released = new Map<string, Released['paid']>();

  constructor(api: KubeApi, now: () => number) {
    this.#api = api;
    this.#now = now;
  }

  async ownsGroup(group: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#api.read(`${API}/nodepools/${group}`, signal)) !== null;
  }

  owns({ metadata }: KubeObject): boolean {
    return metadata.labels?.[LABEL.karpenterNodePool] !== undefined;
  }

  async hasOrder(token: string, signal: AbortSignal): Promise<boolean> {
    return this.#released.has(token) || (await this.#claimOf(token, signal)) !== null;
  }

  async launch(
    order: LaunchOrder,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly launchedAt: number }, LaunchRefusal>> {
    let claim = await this.#claimOf(order.token, signal);
    if (claim === null) {
      const found = await this.#api.read(`${API}/nodepools/${order.group}`, signal);
      if (found === null) return { ok: false, code: 'refused', reason: `there is no NodePool ${order.group}` };
      const pool = poolSchema.parse(found);
      const exceeded = exceededLimit(pool);
      if (exceeded !== null) return { ok: false, code: 'limit', reason: exceeded };
      const answer = await this.#api.create(`${API}/nodeclaims`, claimFor(order, pool), signal);
      if (!answer.ok && answer.status !== CONFLICT) return refusedBecause(`NodeClaim in ${order.group}`, answer);
      if (this.#api.isDryRun) return { ok: true, launchedAt: this.#now() };
    }
    // Karpenter deletes a claim for which its cloud has nothing.
    let said = '';
    for (;;) {
      claim = await this.#claimOf(order.token, signal);
      const what = `${order.instanceType} (${order.capacityType}) in ${order.zone ?? 'any zone'}`;
      if (claim === null || claim.metadata.deletionTimestamp != null) {
        return {
          ok: false,
          code: 'no-capacity',
          reason: `Karpenter gave up on ${what}${said === '' ? '' : `: ${said}`}`,
        };
      }
      const launched = claim.status?.conditions?.find(({ type }) => type === 'Launched');
      if (launched?.status === 'True') return { ok: true, launchedAt: createdAt(claim) };
      said = launched?.message ?? said;
      await sleepMs(POLL_MS, signal);
    }
  }

  async nodeOf(
    token: string,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly node: NodeIdentity | null }, 'lost'>> {
    const claim = await this.#claimOf(token, signal);
    if (claim === null || claim.metadata.deletionTimestamp != null) {
      return { ok: false, code: 'lost', reason: `the NodeClaim of ${token} is gone` };
    }
    const name = claim.status?.nodeName;
    if (!name) return { ok: true, node: null };
    const node = await this.#api.read(`/api/v1/nodes/${name}`, signal);
    return { ok: true, node: node === null ? null : { name, uid: node.metadata.uid } };
  }

  async release(token: string, signal: AbortSignal): Promise<ActOutcome<Released, RemoveRefusal>> {
    const known = this.#released.get(token);
    if (known !== undefined) return { ok: true, paid: known };
    const claim = await this.#claimOf(token, signal);
    if (claim === null) return { ok: true, paid: null };
    const refused = await this.#delete(claim, signal);
    if (refused !== null) return refused;
    const paid = { from: createdAt(claim), until: this.#now() };
    this.#released.set(token, paid);
    return { ok: true, paid };
  }

  async remove(
    { name }: NodeIdentity,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly removedAt: number }, RemoveRefusal>> {
    const claims = await this.#claims(signal);
    const claim = claims.find(({ status }) => status?.nodeName === name);
    if (claim === undefined) {
      return { ok: false, code: 'unknown-owner', reason: `node ${name} has no NodeClaim; it is not deleted` };
    }
    const waited = await this.#awaitBudget(claim, signal);
    if (waited !== null) return { ok: false, code: 'protected', reason: waited };
    const refused = await this.#delete(claim, signal);
    return refused ?? { ok: true, removedAt: this.#now() };
  }

  /** A claim is deleted or it is not; Karpenter taints the nodes of those that are. */
  async keep(): Promise<{ readonly ok: true }> {
    return { ok: true };
  }

  /** Waits for its turn in the NodePool's disruption budgets; says why when they never give one. */
  async #awaitBudget(claim: NodeClaim, signal: AbortSignal): Promise<string | null> {
    const poolName = claim.metadata.labels?.[LABEL.karpenterNodePool];
    for (;;) {
      const found = poolName === undefined ? null : await this.#api.read(`${API}/nodepools/${poolName}`, signal);
      if (found === null) return null;
      const siblings = (await this.#claims(signal)).filter(
        ({ metadata }) => metadata.labels?.[LABEL.karpenterNodePool] === poolName,
      );
      const allowed = disruptionAllowance(poolSchema.parse(found), siblings.length, this.#now());
      if (allowed.nodes === 0 && allowed.until === null) {
        return `the disruption budgets of NodePool ${poolName} allow no node (${allowed.budget})`;
      }
      const others = siblings.filter(
        ({ metadata }) => metadata.deletionTimestamp != null && metadata.uid !== claim.metadata.uid,
      );
      if (others.length < allowed.nodes) return null;
      await sleepMs(POLL_MS, signal);
    }
  }

  async #delete(claim: NodeClaim, signal: AbortSignal): Promise<{ ok: false; code: 'refused'; reason: string } | null> {
    const { name, uid } = claim.metadata;
    const path = `${API}/nodeclaims/${name}`;
    const answer = await this.#api.delete(path, uid, signal);
    if (!answer.ok && answer.status !== NOT_FOUND) return refusedBecause(`NodeClaim ${name}`, answer);
    if (this.#api.isDryRun) return null;
    const node = claim.status?.nodeName;
    for (;;) {
      const now = await this.#api.read(path, signal);
      if (now === null || now.metadata.uid !== uid) {
        if (!node || (await this.#api.read(`/api/v1/nodes/${node}`, signal)) === null) return null;
      }
      await sleepMs(POLL_MS, signal);
    }
  }

  async #claimOf(token: string, signal: AbortSignal): Promise<NodeClaim | null> {
    const selector = encodeURIComponent(`${ORDER}=${orderKey(token)}`);
    const [found] = await this.#api.list(`${API}/nodeclaims?labelSelector=${selector}`, signal);
    return found === undefined ? null : claimSchema.parse(found);
  }

  async #claims(signal: AbortSignal): Promise<NodeClaim[]> {
    return (await this.#api.list(`${API}/nodeclaims`, signal)).map((claim) => claimSchema.parse(claim));
  }
}

/** The NodeClaim that Karpenter itself would make from the pool's template, for this one offering. */
function claimFor(order: LaunchOrder, pool: NodePool): object {
  const { token, instanceType, zone, capacityType, arch, group, unpreferred } = order;
  const { template } = pool.spec;
  const { nodeClassRef, requirements = [], taints = [], ...spec } = template.spec;
  const own: Readonly<Record<string, string>> = {
    [LABEL.instanceType]: instanceType,
    [LABEL.arch]: arch,
    [LABEL.karpenterCapacityType]: capacityType,
    [LABEL.karpenterNodePool]: group!,
    ...(zone === null ? {} : { [LABEL.zone]: zone }),
  };
  const others = requirements.filter(({ key }) => own[key] === undefined);
  const hashes = HASHES.flatMap((key): [string, string][] => {
    const value = pool.metadata.annotations?.[key];
    return value === undefined ? [] : [[key, value]];
  });
  const keys = [...PROTECTIONS];
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: {
      name: `${group}-r${orderKey(token)}`,
      labels: {
        ...template.metadata?.labels,
        [LABEL.karpenterNodePool]: group,
        [`${nodeClassRef.group}/${nodeClassRef.kind.toLowerCase()}`]: nodeClassRef.name,
        [ORDER]: orderKey(token),
      },
      annotations: {
        ...template.metadata?.annotations,
        ...Object.fromEntries(hashes),
        // Not consolidated away before its first pod has come.
        ...Object.fromEntries(keys.map((key) => [key, 'true'])),
        [PROTECTED_ANNOTATION]: keys.join(','),
      },
      ownerReferences: [
        {
          apiVersion: 'karpenter.sh/v1',
          kind: 'NodePool',
          name: pool.metadata.name,
          uid: pool.metadata.uid,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      ...spec,
      // Karpenter puts a claim's taints on its node once, when that joins.
      taints: unpreferred ? [...taints, SOFT_TAINT] : taints,
      nodeClassRef,
      requirements: [
        ...others,
        ...Object.entries(own).map(([key, value]) => ({ key, operator: 'In', values: [value] })),
      ],
      resources: {},
    },
  };
}

function createdAt({ metadata }: NodeClaim): number {
  return Date.parse(metadata.creationTimestamp!);
}
