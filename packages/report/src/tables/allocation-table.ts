import type { Allocation, Share } from '../allocate/allocate.ts';
import { type Column, type Table, totalOf } from './table.ts';

export type AllocationKey = 'namespace' | 'controller' | 'node' | `label:${string}`;

const HOUR_MS = 3_600_000;
/** What nobody asked for, and what has no such label (OpenCost's names). */
const IDLE = '__idle__';
const NONE = '__none__';

/** Who caused a period's cost, the most first. Idle is one row of its own. */
export function allocationTable({ shares }: Allocation, by: AllocationKey): Table {
  const columns: Column[] = [
    { name: by, kind: 'text' },
    { name: 'podHours', kind: 'count' },
    { name: 'cpuCost', kind: 'micros' },
    { name: 'ramCost', kind: 'micros' },
    { name: 'gpuCost', kind: 'micros' },
    { name: 'totalCost', kind: 'micros' },
  ];
  const sums = new Map<string, { ms: number; cpu: number; memory: number; gpu: number }>();
  for (const share of shares) {
    const key = keyOf(share, by);
    const sum = sums.get(key) ?? { ms: 0, cpu: 0, memory: 0, gpu: 0 };
    sum.ms += share.pod === null ? 0 : share.ms;
    sum.cpu += share.cpuMicros;
    sum.memory += share.memoryMicros;
    sum.gpu += share.gpuMicros;
    sums.set(key, sum);
  }
  const rows = [...sums]
    .map(([key, { ms, cpu, memory, gpu }]) => [key, round(ms / HOUR_MS), cpu, memory, gpu, cpu + memory + gpu] as const)
    .sort((one, other) => other[5] - one[5] || (one[0] < other[0] ? -1 : 1));
  const isMeasured = shares.some(({ pod }) => pod?.usedMemoryBytes != null);
  const basis = isMeasured
    ? 'cores by request; memory by the larger of request and use, where use is measured'
    : 'by requests: use is not measured';
  return { columns, rows, total: totalOf(columns, rows, 'total'), notes: [basis] };
}

function keyOf({ pod, node }: Share, by: AllocationKey): string {
  if (by === 'node') return node.name;
  if (pod === null) return IDLE;
  if (by === 'namespace') return pod.namespace;
  if (by === 'controller') {
    const { kind, name } = pod.controller ?? { kind: 'Pod', name: pod.name };
    return `${pod.namespace}/${kind}/${name}`;
  }
  return pod.labels[by.slice('label:'.length)] ?? NONE;
}

function round(hours: number): number {
  return Math.round(hours * 100) / 100;
}
