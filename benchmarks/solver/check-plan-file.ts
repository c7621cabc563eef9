import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/**
 * A naive check of a plan of a cluster without awkward rules, from the dump and the price file alone and with nothing of
 * restow's: plays the steps, adds up requests node by node after each, and adds up the money. Returns what is wrong.
 */
export function checkPlanFile(dumpFile: string, priceFile: string, planFile: string): string[] {
  const wrong: string[] = [];
  const { items } = JSON.parse(gunzipSync(readFileSync(dumpFile)).toString()) as { items: Raw[] };
  const plan = JSON.parse(readFileSync(planFile, 'utf8')) as PlanFile;
  const [header, ...lines] = readFileSync(priceFile, 'utf8').trim().split('\n');
  const names = header!.split(',');
  const offers = new Map<string, Record<string, string>>();
  for (const line of lines) {
    const offer = Object.fromEntries(line.split(',').map((field, k) => [names[k]!, field]));
    offers.set(`${offer.instance_type}|${offer.zone}|${offer.capacity_type}`, offer);
  }
  const room = new Map<string, number[]>();
  const price = new Map<string, number>();
  const open = (name: string, type: string, zone: string, capacity: string, own?: number[]) => {
    const offer = offers.get(`${type}|${zone}|${capacity}`)!;
    const cpu = Number(offer.allocatable_cpu_milli);
    const memory = Number(offer.allocatable_memory_mib);
    room.set(name, own ?? [cpu, memory, Number(offer.gpu_count), Number(offer.allocatable_pods)]);
    price.set(name, Math.round(Number(offer.usd_per_hour) * 1e6));
  };
  const pods = new Map<string, { need: number[]; node: string }>();
  for (const { kind, metadata, status } of items) {
    if (kind !== 'Node') continue;
    const labels = metadata.labels!;
    const { cpu, memory, pods: most, 'nvidia.com/gpu': gpu } = status!.allocatable!;
    const own = [Number.parseInt(cpu!, 10), Number.parseInt(memory!, 10), Number(gpu ?? 0), Number(most)];
    open(
      metadata.name,
      labels['node.kubernetes.io/instance-type']!,
      labels['topology.kubernetes.io/zone']!,
      labels['karpenter.sh/capacity-type']!,
      own,
    );
  }
  const before = [...price.values()].reduce((sum, micros) => sum + micros, 0);
  for (const { kind, metadata, spec } of items) {
    if (kind !== 'Pod') continue;
    const { cpu, memory, 'nvidia.com/gpu': gpu } = spec!.containers![0]!.resources.requests;
    const need = [Number.parseInt(cpu!, 10), Number.parseInt(memory!, 10), Number(gpu ?? 0), 1];
    pods.set(metadata.name, { need, node: spec!.nodeName! });
    take(spec!.nodeName!, need, 1);
  }
  const targets = new Map(plan.target.nodes.map((node) => [node.name, node]));
  const done = new Set<string>();
  let moves = 0;
  for (const { id, kind, after, node, pod } of plan.steps) {
    for (const earlier of after) if (!done.has(earlier)) wrong.push(`${id} comes before ${earlier}`);
    done.add(id);
    if (kind === 'launch') {
      const { instanceType, zone, capacityType: capacity } = targets.get(node!)!;
      open(node!, instanceType, zone, capacity);
    } else if (kind === 'move') {
      const one = pods.get(pod!.name)!;
      take(one.node, one.need, -1);
      take(node!, one.need, 1);
      one.node = node!;
      moves++;
      if (room.get(node!)!.some((left) => left < 0)) wrong.push(`${id} overfills ${node}`);
    } else if (kind === 'remove') {
      room.delete(node!);
      price.delete(node!);
    }
  }
  for (const [name, { node }] of pods) if (!room.has(node)) wrong.push(`${name} is lost with ${node}`);
  for (const { name, node } of plan.target.placements)
    if (pods.get(name)!.node !== node) wrong.push(`${name} is not on ${node}`);
  if (plan.target.placements.length !== pods.size) wrong.push('not every pod is placed once');
  const total = [...price.values()].reduce((sum, micros) => sum + micros, 0);
  const { microsPerHour } = plan.summary;
  if (total !== microsPerHour.after || before !== microsPerHour.before)
    wrong.push(`the nodes cost ${before}, then ${total}`);
  if (moves !== plan.summary.moves) wrong.push(`${moves} moves, the plan says ${plan.summary.moves}`);
  return wrong;

  function take(node: string, need: readonly number[], sign: 1 | -1): void {
    const left = room.get(node)!;
    need.forEach((amount, k) => {
      left[k]! -= sign * amount;
    });
  }
}

interface Raw {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly { readonly resources: { readonly requests: Readonly<Record<string, string>> } }[];
  };
  readonly status?: { readonly allocatable?: Readonly<Record<string, string>> };
}

interface PlanFile {
  readonly summary: {
    readonly microsPerHour: { readonly before: number; readonly after: number };
    readonly moves: number;
  };
  readonly target: {
    readonly nodes: readonly { name: string; instanceType: string; zone: string; capacityType: string }[];
    readonly placements: readonly { name: string; node: string }[];
  };
  readonly steps: readonly { id: string; kind: string; after: string[]; node?: string; pod?: { name: string } }[];
}
