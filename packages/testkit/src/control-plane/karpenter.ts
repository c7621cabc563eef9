import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findBinary, sourceOf } from './binaries.ts';
import type { ControlPlane } from './control-plane.ts';
import { Daemon } from './daemon.ts';
import { freePorts } from './ports.ts';

const CRDS = ['kwok/charts/crds', 'kwok/apis/crds'];
const ZONES = ['zone-a', 'zone-b', 'zone-c'];
const CORES = [2, 4, 8, 16];
/** Memory for each core, and what a core costs an hour with it; larger machines cost in proportion. */
const FAMILIES = [
  { name: 'c', gibPerCore: 2, usdPerCore: 0.04 },
  { name: 'm', gibPerCore: 4, usdPerCore: 0.05 },
  { name: 'r', gibPerCore: 8, usdPerCore: 0.065 },
];
const SPOT_FACTOR = 0.4;
/** What Karpenter's KWOK provider keeps back on each node. */
const RESERVED = { milli: 100, mib: 10 };
const PODS_PER_CORE = 12;

export interface KarpenterOptions {
  /** `Never` keeps Karpenter from taking nodes away by itself. */
  readonly consolidateAfter: string;
  /** The pool `general` has no larger machines. */
  readonly mostCores?: number;
}

/** Karpenter with its KWOK provider beside a control plane, whose nodes are machines of `karpenterPrices`. */
export interface Karpenter {
  /** Changes when the NodePool `general` is consolidated: a duration such as `0s`, or `Never`. */
  setConsolidateAfter(value: string): Promise<void>;
  /** Asks for all its nodes to go, without waiting for it; nothing new is placed on them. Answers their names. */
  removeNodes(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startKarpenter(controlPlane: ControlPlane, options: KarpenterOptions): Promise<Karpenter> {
  const { folder, kubeconfig, kubectl, apply } = controlPlane;
  const source = await sourceOf('karpenter');
  for (const crds of CRDS) {
    for (const file of await readdir(join(source, crds))) {
      await kubectl(['apply', '--server-side', '-f', '-'], await readFile(join(source, crds, file), 'utf8'));
    }
  }
  await kubectl(['wait', '--for', 'condition=established', 'crd', '--all', '--timeout=30s']);
  const typesFile = join(folder, 'instance-types.json');
  await writeFile(typesFile, JSON.stringify(instanceTypes()));
  const [metricsPort, healthPort] = (await freePorts(2)) as [number, number];
  const daemon = new Daemon('karpenter', folder, await findBinary('karpenter'), [], {
    KUBECONFIG: kubeconfig,
    SYSTEM_NAMESPACE: 'kube-system',
    DISABLE_LEADER_ELECTION: 'true',
    METRICS_PORT: String(metricsPort),
    HEALTH_PROBE_PORT: String(healthPort),
    INSTANCE_TYPES_FILE_PATH: typesFile,
    // Sooner than by default (1 s, 10 s), so that tests wait less.
    BATCH_IDLE_DURATION: '500ms',
    BATCH_MAX_DURATION: '2s',
  });
  const names = machines().flatMap(({ name, cores }) => (cores <= (options.mostCores ?? cores) ? [name] : []));
  const general = (consolidateAfter: string) => nodePool('general', 'default', consolidateAfter, names);
  const setConsolidateAfter = (value: string) => apply([general(value)]);
  // A pool whose machines its cloud never has.
  await apply([nodeClass(), general(options.consolidateAfter)]);
  await apply([nodePool('rare', 'missing', 'Never', names)]);
  await daemon.waitFor(async () => {
    const ready = ['get', 'nodepool', 'general', '-o', "jsonpath={.status.conditions[?(@.type=='Ready')].status}"];
    return (await kubectl(ready)) === 'True';
  });
  const removeNodes = async () => {
    const nodes = (await kubectl(['get', 'nodes', '-l', 'karpenter.sh/nodepool', '-o', 'name'])).trim();
    const names = nodes === '' ? [] : nodes.split('\n');
    const cordon = (node: string) =>
      kubectl(['cordon', node]).catch((error: Error) => {
        // It was on its way out.
        if (!error.message.includes('NotFound')) throw error;
      });
    await Promise.all(names.map(cordon));
    await kubectl(['delete', 'nodeclaims', '--all', '--wait=false']);
    return names.map((name) => name.slice('node/'.length));
  };
  return { setConsolidateAfter, removeNodes, stop: () => daemon.stop() };
}

/** The same machines as a price file of restow; `cheap`: one that is nearly given away there. */
export function karpenterPrices(cheap: string | null = null): string {
  const header =
    'instance_type,zone,capacity_type,arch,allocatable_cpu_milli,allocatable_memory_mib,allocatable_pods,gpu_count,usd_per_hour';
  const rows = machines().flatMap(({ name, cores, gib, usd: full }) => {
    const usd = name === cheap ? full / 20 : full;
    const shape = `amd64,${cores * 1000 - RESERVED.milli},${gib * 1024 - RESERVED.mib},${cores * PODS_PER_CORE},0`;
    return [
      `${name},,on-demand,${shape},${usd.toFixed(4)}`,
      `${name},,spot,${shape},${(usd * SPOT_FACTOR).toFixed(4)}`,
    ];
  });
  return `${[header, ...rows].join('\n')}\n`;
}

function machines() {
  return FAMILIES.flatMap(({ name, gibPerCore, usdPerCore }) =>
    CORES.map((cores) => ({
      name: `${name}-${cores}x`,
      cores,
      gib: cores * gibPerCore,
      usd: Number((cores * usdPerCore).toFixed(4)),
    })),
  );
}

/** The shape that Karpenter's KWOK provider reads (INSTANCE_TYPES_FILE_PATH). */
function instanceTypes(): object[] {
  const requirement = (key: string, value: string) => ({ key, operator: 'In', values: [value] });
  return machines().map(({ name, cores, gib, usd }) => ({
    name,
    architecture: 'amd64',
    operatingSystems: ['linux'],
    resources: {
      cpu: String(cores),
      memory: `${gib}Gi`,
      pods: String(cores * PODS_PER_CORE),
      'ephemeral-storage': '20Gi',
    },
    offerings: ZONES.flatMap((zone) =>
      ['on-demand', 'spot'].map((capacityType) => ({
        Price: Number((capacityType === 'spot' ? usd * SPOT_FACTOR : usd).toFixed(4)),
        Available: true,
        Requirements: [
          requirement('karpenter.sh/capacity-type', capacityType),
          requirement('topology.kubernetes.io/zone', zone),
        ],
      })),
    ),
  }));
}

function nodeClass(): object {
  return { apiVersion: 'karpenter.kwok.sh/v1alpha1', kind: 'KWOKNodeClass', metadata: { name: 'default' } };
}

function nodePool(name: string, nodeClassName: string, consolidateAfter: string, types: string[]): object {
  const requirement = (key: string, values: string[]) => ({ key, operator: 'In', values });
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name },
    spec: {
      disruption: {
        consolidationPolicy: 'WhenEmptyOrUnderutilized',
        consolidateAfter,
        budgets: [{ nodes: '100%' }],
      },
      template: {
        spec: {
          nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: nodeClassName },
          expireAfter: 'Never',
          requirements: [
            requirement('karpenter.sh/capacity-type', ['on-demand']),
            requirement('kubernetes.io/arch', ['amd64']),
            requirement('kubernetes.io/os', ['linux']),
            requirement('node.kubernetes.io/instance-type', types),
          ],
        },
      },
    },
  };
}
