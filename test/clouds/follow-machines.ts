import type { ControlPlane } from '@restow/testkit';

/** A machine as a cloud has it. */
export interface CloudMachine {
  readonly id: string;
  readonly providerId: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly group: string;
  /** Of its node. */
  readonly labels: Readonly<Record<string, string>>;
}

const POLL_MS = 200;
/** What the machine types of the tests leave to pods. */
const SHAPES: Readonly<Record<string, { readonly cpu: string; readonly memory: string }>> = {
  'm5.large': { cpu: '1930m', memory: '6903Mi' },
  'm5.2xlarge': { cpu: '7910m', memory: '29317Mi' },
  'e2-standard-2': { cpu: '1930m', memory: '5750Mi' },
  'e2-standard-8': { cpu: '7910m', memory: '28000Mi' },
};

/**
 * What kubelets and a cloud's controller do: a machine that has started becomes a node, unless `joins` says no, and one
 * that is gone is none. Answers how to stop it.
 */
export function followMachines(
  { apply, kubectl }: ControlPlane,
  machines: () => Promise<readonly CloudMachine[]>,
  joins: (machine: CloudMachine) => boolean,
): () => Promise<void> {
  const joined = new Set<string>();
  let isOver = false;
  const follow = async () => {
    while (!isOver) {
      const all = await machines();
      const fresh = all.filter((one) => !joined.has(one.id) && joins(one));
      if (fresh.length > 0) await apply(fresh.map(nodeOf));
      for (const { id } of fresh) joined.add(id);
      for (const id of [...joined].filter((one) => !all.some((machine) => machine.id === one))) {
        joined.delete(id);
        await kubectl(['delete', 'node', nodeName(id), '--ignore-not-found', '--wait=false']);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  const following = follow();
  return async () => {
    isOver = true;
    await following;
  };
}

export function nodeName(machine: string): string {
  return `node-${machine}`;
}

function nodeOf({ id, providerId, zone, instanceType, labels }: CloudMachine): object {
  const resources = { ...SHAPES[instanceType]!, pods: '58' };
  const named = {
    'kubernetes.io/hostname': nodeName(id),
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/os': 'linux',
    'node.kubernetes.io/instance-type': instanceType,
    'topology.kubernetes.io/region': zone.replace(/-?[a-z]$/, ''),
    'topology.kubernetes.io/zone': zone,
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName(id), labels: { ...named, ...labels } },
    spec: { providerID: providerId },
    status: { allocatable: resources, capacity: resources },
  };
}
