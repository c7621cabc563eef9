import type { Plan, Snapshot } from '@restow/model';

const EIGHTHS = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const WIDTH = 64;

/** One bar for each node, as high as its requested CPU, grouped by pool. */
export function drawNodes({ nodes, pods }: Snapshot): string {
  const requested = new Map<string, number>();
  for (const pod of pods) if (pod.node !== null) bump(requested, pod.node, pod.requests.cpu ?? 0);
  return bars(
    nodes.map(({ name, group, allocatable }) => ({
      group: group ?? 'plain',
      share: share(requested.get(name) ?? 0, allocatable.cpu ?? 0),
    })),
  );
}

/** The same for the nodes that a plan leads to; daemon sets, which no plan places, are left out. */
export function drawTarget(before: Snapshot, plan: Plan): string {
  const cpuOf = new Map(before.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod.requests.cpu ?? 0]));
  const nodes = new Map(before.nodes.map((node) => [node.name, node]));
  const placed = new Map<string, number>();
  for (const { namespace, name, node } of [...plan.target.placements, ...(plan.target.pending ?? [])])
    bump(placed, node, cpuOf.get(`${namespace}/${name}`) ?? 0);
  return bars(
    plan.target.nodes.map(({ name, group, instanceType }) => {
      const alike = nodes.get(name) ?? before.nodes.find((node) => node.instanceType === instanceType);
      const cpu = alike?.allocatable.cpu ?? cpuOfType(instanceType);
      return { group: group ?? 'plain', share: share(placed.get(name) ?? 0, cpu) };
    }),
  );
}

function bars(nodes: readonly { readonly group: string; readonly share: number }[]): string {
  const groups = [...Map.groupBy(nodes, ({ group }) => group)].sort(([a], [b]) => (a < b ? -1 : 1));
  const label = Math.max(...groups.map(([group]) => group.length));
  let text = '';
  for (const [group, members] of groups) {
    const drawn = members
      .map(({ share: part }) => part)
      .sort((a, b) => b - a)
      .map((part) => EIGHTHS[Math.min(8, Math.max(0, Math.round(part * 8)))]!);
    for (let from = 0; from < drawn.length; from += WIDTH) {
      const row = drawn.slice(from, from + WIDTH).join('');
      text += `  ${(from === 0 ? group : '').padEnd(label)}  ${row}\n`;
    }
  }
  return text;
}

/** vCPUs by the size in an EC2 type's name, where no node of the type is there to look at. */
function cpuOfType(instanceType: string | null): number {
  const size = instanceType?.split('.')[1] ?? '';
  const multiple = /^(\d+)xlarge$/.exec(size);
  if (multiple !== null) return 4000 * Number(multiple[1]);
  return size === 'xlarge' ? 4000 : 2000;
}

function share(amount: number, of: number): number {
  return of === 0 ? 0 : amount / of;
}

function bump(map: Map<string, number>, key: string, amount: number): void {
  map.set(key, (map.get(key) ?? 0) + amount);
}
