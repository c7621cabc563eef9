import { argumentsOf, csvRows, machineTypes, nodeObject, podObject, writeDump, ZONES } from './kubectl-dump.ts';

/**
 * Turns the public Alibaba trace into what `kubectl get … -o json` would print of a cluster that runs all of it: every row
 * a running pod, fractional GPUs as one, spread over EC2 types until 50–60 % of the CPU is requested. Also writes the price
 * file of the types that may be launched. With more pods than the
 * trace has, it is gone through again.
 */
const USAGE = 'trace-dump.ts DATA_FOLDER TRACE.csv OUT_FOLDER [PODS]';
const [dataFolder, trace, outFolder, wanted] = argumentsOf(USAGE, 3, 3) as [string, string, string, string?];

const FAMILIES =
  /^(c5|m5|r5|c6a|m6a|r6a|g4dn|g5|g6)\.(large|xlarge|2xlarge|4xlarge|8xlarge|12xlarge|16xlarge|24xlarge|48xlarge)$/;
const PLAIN_NODES = ['m5.8xlarge', 'c5.9xlarge', 'm5.12xlarge', 'r5.8xlarge', 'm5.24xlarge'];
const GPU_NODES = ['g5.12xlarge', 'g5.48xlarge', 'g4dn.12xlarge'];

const types = machineTypes(dataFolder)
  .filter((row) => FAMILIES.test(row.instance_type!) || PLAIN_NODES.includes(row.instance_type!))
  .filter((row) => !(row.gpu_count === '0' && row.gpu_name !== ''));
const typeOf = new Map(types.map((row) => [row.instance_type!, row]));

interface Node {
  readonly name: string;
  readonly type: string;
  readonly zone: string;
  cpu: number;
  memory: number;
  gpu: number;
  pods: number;
  readonly allocatableCpu: number;
}

const rows = csvRows(trace);
const pods = Array.from({ length: wanted === undefined ? rows.length : Number(wanted) }, (_, index) => {
  const row = rows[index % rows.length]!;
  const round = Math.floor(index / rows.length);
  return {
    name: round === 0 ? row.name! : `${row.name}-${round}`,
    cpu: Number(row.cpu_milli),
    memory: Number(row.memory_mib),
    gpu: Math.ceil(Number(row.num_gpu)),
  };
});
const nodes: Node[] = [];
const recent = new Map<readonly string[], Node[]>([
  [PLAIN_NODES, []],
  [GPU_NODES, []],
]);
const placed: { pod: (typeof pods)[number]; node: string }[] = [];
for (const [index, pod] of pods.entries()) {
  const pool = pod.gpu > 0 ? GPU_NODES : PLAIN_NODES;
  // Spread: the least requested of the newest few nodes that fit; a new one as soon as all are over half.
  const open = recent.get(pool)!.slice(-40);
  const fits = open.filter(
    (node) => node.cpu >= pod.cpu && node.memory >= pod.memory && node.gpu >= pod.gpu && node.pods > 0,
  );
  const relaxed = fits.filter((node) => node.cpu - pod.cpu > 0.4 * node.allocatableCpu);
  let node = relaxed.toSorted((a, b) => b.cpu / b.allocatableCpu - a.cpu / a.allocatableCpu)[0];
  if (node === undefined) {
    const type =
      pool.find((one, k) => k >= index % pool.length && holds(one, pod)) ?? pool.find((one) => holds(one, pod));
    if (type === undefined) continue;
    const row = typeOf.get(type)!;
    node = {
      name: `node-${String(nodes.length).padStart(5, '0')}`,
      type,
      zone: ZONES[nodes.length % 3]!,
      cpu: Number(row.allocatable_cpu_milli),
      memory: Number(row.allocatable_memory_mib),
      gpu: Number(row.gpu_count),
      pods: Number(row.allocatable_pods),
      allocatableCpu: Number(row.allocatable_cpu_milli),
    };
    nodes.push(node);
    recent.get(pool)!.push(node);
  }
  node.cpu -= pod.cpu;
  node.memory -= pod.memory;
  node.gpu -= pod.gpu;
  node.pods -= 1;
  placed.push({ pod, node: node.name });
}

const items = [
  ...nodes.map(({ name, type, zone }) => nodeObject(name, typeOf.get(type)!, zone, 'default', {})),
  ...placed.map(({ pod, node }) => podObject(pod.name, `app-${pod.cpu}-${pod.memory}-${pod.gpu}`, node, pod)),
];
writeDump(outFolder, items, types);
const total = nodes.reduce((sum, node) => sum + node.allocatableCpu, 0);
const left = nodes.reduce((sum, node) => sum + node.cpu, 0);
process.stdout.write(
  `${placed.length} pods on ${nodes.length} nodes, ${((1 - left / total) * 100).toFixed(1)} % of CPU requested\n`,
);

function holds(type: string, pod: { cpu: number; memory: number; gpu: number }): boolean {
  const row = typeOf.get(type)!;
  return (
    Number(row.allocatable_cpu_milli) >= pod.cpu &&
    Number(row.allocatable_memory_mib) >= pod.memory &&
    Number(row.gpu_count) >= pod.gpu
  );
}
