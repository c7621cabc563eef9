import { type Allocation, microsOf } from '../allocate/allocate.ts';
import { IDLE_KINDS } from '../allocate/idle.ts';
import type { Blocker } from '../blockers.ts';
import { type Column, type Table, totalOf } from './table.ts';

const COLUMNS: readonly Column[] = [
  { name: 'node', kind: 'text' },
  { name: 'instanceType', kind: 'text' },
  { name: 'capacityType', kind: 'text' },
  { name: 'cost', kind: 'micros' },
  { name: 'idle', kind: 'micros' },
  ...IDLE_KINDS.map((name) => ({ name, kind: 'micros' as const })),
  { name: 'blockedPerMonth', kind: 'micros' },
  { name: 'blockedBy', kind: 'text' },
];

/** What of each node nobody asked for, and why, the dearest first. `blockers`: by the last plan; null: there was none. */
export function idleTable({ shares }: Allocation, blockers: readonly Blocker[] | null): Table {
  const rows = [...Map.groupBy(shares, ({ node }) => node.uid).values()]
    .map((ofNode) => {
      const { name, instanceType, capacityType } = ofNode[0]!.node;
      const kinds = IDLE_KINDS.map((kind) => microsOf(ofNode.filter(({ idle }) => idle === kind)));
      const idle = kinds.reduce((sum, micros) => sum + micros, 0);
      const holding = (blockers ?? []).filter(({ node }) => node === name);
      const month = blockers === null ? null : holding.reduce((sum, one) => sum + one.microsPerMonth, 0);
      const cells = [name, instanceType, capacityType, microsOf(ofNode), idle, ...kinds, month, namesOf(holding)];
      return { name, idle, cells };
    })
    .sort((one, other) => other.idle - one.idle || (one.name < other.name ? -1 : 1))
    .map(({ cells }) => cells);
  const notes =
    blockers === null ? ['nothing was planned in this time: what is blocked and kept in reserve is not known'] : [];
  return { columns: COLUMNS, rows, total: totalOf(COLUMNS, rows, 'total'), notes };
}

function namesOf(holding: readonly Blocker[]): string | null {
  const [first] = holding;
  if (first === undefined) return null;
  const what = first.pod === null ? 'the node' : `pod ${first.pod}`;
  const more = holding.length === 1 ? '' : ` (and ${holding.length - 1} more)`;
  return `${what}: ${first.reasons.join('; ')}${more}`;
}
