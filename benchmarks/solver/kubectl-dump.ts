import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What the scripts that make clusters have in common: tables in, objects as `kubectl get … -o json` prints them out. */

/** One row of a CSV without quotes, by the names in its first line. */
export type Row = Readonly<Record<string, string>>;

export const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];

const PRICE_FILE_HEAD =
  'instance_type,zone,capacity_type,arch,allocatable_cpu_milli,allocatable_memory_mib,allocatable_pods,gpu_count,usd_per_hour';

/** The arguments, or how to call the script and exit code 2 where there are too few or the number of pods is none. */
export function argumentsOf(usage: string, least: number, podsAt: number): string[] {
  const given = process.argv.slice(2);
  const pods = given[podsAt];
  if (given.length >= least && (pods === undefined || /^[1-9]\d*$/.test(pods))) return given;
  process.stderr.write(`usage: node benchmarks/solver/${usage}\n`);
  process.exit(2);
}

export function csvRows(file: string): Row[] {
  const [head, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const names = head!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((field, index) => [names[index]!, field])));
}

/** The data folder's table of EC2 types. */
export function machineTypes(dataFolder: string): Row[] {
  return csvRows(join(dataFolder, 'aws-us-east-1.csv'));
}

/** A node of a Karpenter pool, on demand. */
export function nodeObject(name: string, type: Row, zone: string, pool: string, spec: object): object {
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'node.kubernetes.io/instance-type': type.instance_type,
    'topology.kubernetes.io/zone': zone,
    'topology.kubernetes.io/region': 'us-east-1',
    'karpenter.sh/capacity-type': 'on-demand',
    'karpenter.sh/nodepool': pool,
  };
  const allocatable = {
    cpu: `${type.allocatable_cpu_milli}m`,
    memory: `${type.allocatable_memory_mib}Mi`,
    pods: type.allocatable_pods,
    ...(type.gpu_count === '0' ? {} : { 'nvidia.com/gpu': type.gpu_count }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `n-${name}`, labels },
    spec,
    status: { allocatable },
  };
}

/** What a pod asks for. */
export interface Demand {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
}

/** A running pod of a ReplicaSet; `rules` is what its spec says besides. */
export function podObject(name: string, app: string, node: string, { cpu, memory, gpu }: Demand, rules = {}): object {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: app, uid: app, controller: true }];
  const requests = {
    cpu: `${cpu}m`,
    memory: `${memory}Mi`,
    ...(gpu > 0 ? { 'nvidia.com/gpu': String(gpu) } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `p-${name}`, labels: { app }, ownerReferences },
    spec: { nodeName: node, containers: [{ name: 'c', resources: { requests } }], ...rules },
    status: { phase: 'Running' },
  };
}

/** `dump.json.gz`, and `prices.csv` with what may be launched, on demand in every zone. */
export function writeDump(folder: string, items: readonly object[], launchable: readonly Row[]): void {
  const prices = launchable.flatMap((type) =>
    ZONES.map((zone) =>
      [
        ...[type.instance_type, zone, 'on-demand', 'amd64'],
        ...[type.allocatable_cpu_milli, type.allocatable_memory_mib, type.allocatable_pods, type.gpu_count],
        type.on_demand_usd_per_hour,
      ].join(','),
    ),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'dump.json.gz'), gzipSync(JSON.stringify({ apiVersion: 'v1', kind: 'List', items })));
  writeFileSync(join(folder, 'prices.csv'), `${[PRICE_FILE_HEAD, ...prices].join('\n')}\n`);
}
