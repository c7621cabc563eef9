import type { Allocation } from '../allocate/allocate.ts';
import { type Column, type Table, totalOf } from './table.ts';

const COLUMNS: readonly Column[] = [
  { name: 'node', kind: 'text' },
  { name: 'instanceType', kind: 'text' },
  { name: 'capacityType', kind: 'text' },
  { name: 'cost', kind: 'micros' },
  { name: 'cpuIdle', kind: 'micros' },
  { name: 'ramIdle', kind: 'micros' },
  { name: 'gpuIdle', kind: 'micros' },
  { name: 'idle', kind: 'micros' },
];

/** What of each node nobody asked for, the dearest first. */
export function idleTable({ shares }: Allocation): Table {
  const costs = new Map<string, number>();
  for (const { node, cpuMicros, memoryMicros, gpuMicros } of shares) {
    costs.set(node.uid, (costs.get(node.uid) ?? 0) + cpuMicros + memoryMicros + gpuMicros);
  }
  const rows = shares
    .filter(({ pod }) => pod === null)
    .map(({ node, cpuMicros, memoryMicros, gpuMicros }) => {
      const idle = cpuMicros + memoryMicros + gpuMicros;
      const { name, instanceType, capacityType, uid } = node;
      return [name, instanceType, capacityType, costs.get(uid)!, cpuMicros, memoryMicros, gpuMicros, idle] as const;
    })
    .sort((one, other) => other[7] - one[7] || (one[0] < other[0] ? -1 : 1));
  return { columns: COLUMNS, rows, total: totalOf(COLUMNS, rows, 'total'), notes: [] };
}
