import type { Blocker } from '../blockers.ts';
import type { Column, Table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { name: 'heldBy', kind: 'text' },
  { name: 'why', kind: 'text' },
  { name: 'pods', kind: 'count' },
  { name: 'nodes', kind: 'count' },
  { name: 'costPerMonth', kind: 'micros' },
];

/** What stands in the way of saving, the dearest first: what holds nodes for one reason is together. */
export function blockersTable(blockers: readonly Blocker[]): Table {
  const groups = Map.groupBy(blockers, ({ controller, pod, node, reasons }) => {
    return JSON.stringify([controller ?? pod ?? node, reasons]);
  });
  const rows = [...groups.values()]
    .map((some) => {
      const { controller, pod, node, reasons } = some[0]!;
      const by = controller ?? (pod === null ? `node ${node}` : `pod ${pod}`);
      const nodes = new Set(some.map((one) => one.node)).size;
      const pods = some.filter((one) => one.pod !== null).length;
      const month = some.reduce((sum, { microsPerMonth }) => sum + microsPerMonth, 0);
      return [by, reasons.join('; '), pods, nodes, month] as const;
    })
    .sort((one, other) => other[4] - one[4] || (one[0] < other[0] ? -1 : 1));
  const month = rows.reduce((sum, row) => sum + row[4], 0);
  return { columns: COLUMNS, rows, total: ['total', null, null, null, month], notes: [] };
}
