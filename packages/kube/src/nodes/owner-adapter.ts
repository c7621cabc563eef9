import type { NodeManager } from '@restow/executor';
import type { KubeObject } from '../write/kube-api.ts';

/** A NodeManager for the nodes of one kind of owner, such as Karpenter. */
export interface OwnerAdapter extends NodeManager {
  /** Whether a group of this name is its own. */
  ownsGroup(group: string, signal: AbortSignal): Promise<boolean>;
  owns(node: KubeObject): boolean;
  /** Whether the order was given to it, also by an earlier process. */
  hasOrder(token: string, signal: AbortSignal): Promise<boolean>;
}
