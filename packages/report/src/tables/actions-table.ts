import type { Period } from '../allocate/allocate.ts';
import type { Body } from '../ledger/entry.ts';
import type { Cell, Column, Table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { name: 'time', kind: 'time' },
  { name: 'run', kind: 'text' },
  { name: 'action', kind: 'text' },
  { name: 'what', kind: 'text' },
  { name: 'from', kind: 'text' },
  { name: 'to', kind: 'text' },
  { name: 'tookMs', kind: 'ms' },
  { name: 'stallMs', kind: 'ms' },
  { name: 'movedBytes', kind: 'count' },
  { name: 'problem', kind: 'text' },
];

/** Everything that was done in a period, in the order in which it was begun. */
export function actionsTable(bodies: Iterable<Body>, { from, to }: Period): Table {
  const rows: Cell[][] = [];
  for (const body of bodies) {
    if (body.kind === 'notice') {
      rows.push([body.at, body.run, 'notice', body.node, null, null, body.deadline - body.at, null, null, null]);
    } else if (body.kind === 'move') {
      const { begunAt, endedAt, run, method, namespace, name, stallMs, movedBytes, problem } = body;
      rows.push([
        begunAt,
        run,
        method,
        `${namespace}/${name}`,
        body.from,
        body.to,
        endedAt - begunAt,
        stallMs,
        movedBytes,
        problem,
      ]);
    } else if (body.kind === 'run') {
      const { run, startedAt, endedAt, purpose, outcome, reasons } = body;
      for (const node of body.launched)
        rows.push([node.from, run, 'launch', node.node, null, null, null, null, null, null]);
      for (const node of body.removed)
        rows.push([node.at, run, 'remove', node.node, null, null, null, null, null, null]);
      const why = reasons.length === 0 ? null : reasons.join('; ');
      rows.push([startedAt, run, purpose, null, null, null, null, null, null, null]);
      rows.push([endedAt, run, outcome, null, null, null, endedAt - startedAt, null, null, why]);
    }
  }
  const inPeriod = rows.filter(([at]) => Number(at) >= from && Number(at) < to);
  return {
    columns: COLUMNS,
    rows: inPeriod.sort((one, other) => Number(one[0]) - Number(other[0])),
    total: null,
    notes: [],
  };
}
