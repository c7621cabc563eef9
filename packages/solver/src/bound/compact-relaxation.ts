import { type LpEngines, solveOrNull } from '../lp/engines.ts';
import type { LpColumn, LpRow } from '../lp/port.ts';
import type { Bounded } from './bounded.ts';
import type { Container } from './containers.ts';
import type { Covering } from './covering.ts';
import { type Prices, pricesOf, RowIndex, slackColumns } from './rows.ts';
import { SCALE } from './scale.ts';

/**
 * The compact relaxation: fractions of containers, and fractions of classes in them, with total room for each resource.
 * Weak, but cheap at any size; its duals, by class, by row, and by a container's whole room, are where column generation
 * starts.
 */
export function compactRelaxation(
  { problem, containers, rows: between }: Pick<Covering, 'problem' | 'containers' | 'rows'>,
  engines: LpEngines,
  stop: () => boolean,
): Prices & { readonly roomDuals: readonly ReadonlyMap<number, number>[] } {
  const unsolved = () => ({
    duals: sharesOfCheapest(problem, containers),
    rowDuals: new Float64Array(between.length),
    roomDuals: containers.map(() => new Map<number, number>()),
  });
  if (stop()) return unsolved();
  const roomRows: ReadonlyMap<number, number>[] = [];
  const first = problem.classes.length;
  const rows: LpRow[] = [
    ...problem.classes.map(({ pods }): LpRow => ({ sense: '>=', rhs: pods.length })),
    ...between.map(({ most }): LpRow => ({ sense: '<=', rhs: most })),
  ];
  const columns: LpColumn[] = slackColumns(between, containers, first);
  const rowIndex = new RowIndex(between, containers.length);
  for (const [k, container] of containers.entries()) {
    const classes = problem.classes.filter(({ index }) => container.most[index]! > 0);
    const active = new Set(classes.flatMap(({ dims }) => [...dims].filter((r) => problem.boundResources[r])));
    const rowOf = new Map<number, number>();
    roomRows.push(rowOf);
    const open: { row: number; value: number }[] = [];
    for (const r of active) {
      // Rows are scaled to one container's room, so that bytes and pods weigh alike in the arithmetic.
      if (container.capacity[r]! >= 1e14) continue;
      rowOf.set(r, rows.length);
      open.push({ row: rows.length, value: -1 });
      rows.push({ sense: '<=', rhs: 0 });
    }
    if (Number.isFinite(container.count)) {
      open.push({ row: rows.length, value: 1 });
      rows.push({ sense: '<=', rhs: container.count });
    }
    for (const [r, value] of rowIndex.ofContainer(k)) open.push({ row: first + r, value });
    columns.push({
      cost: container.microsPerHour * SCALE,
      rows: open.map(({ row }) => row),
      values: open.map(({ value }) => value),
    });
    for (const { index, dims, amounts } of classes) {
      const at = [index];
      const values = [1];
      dims.forEach((r, k) => {
        const row = rowOf.get(r);
        if (row === undefined) return;
        at.push(row);
        values.push(amounts[k]! / container.capacity[r]!);
      });
      for (const r of rowIndex.ofPod(k, index)) {
        at.push(first + r);
        values.push(1);
      }
      columns.push({ cost: 0, rows: at, values });
    }
  }
  const master = engines.master(rows, columns);
  try {
    const optimum = solveOrNull(master);
    if (optimum === null) return unsolved();
    return {
      ...pricesOf(optimum.duals, first, between, first),
      roomDuals: roomRows.map(
        (rowOf) => new Map([...rowOf].map(([r, row]) => [r, Math.max(0, -optimum.duals[row]!) / SCALE])),
      ),
    };
  } finally {
    master.close();
  }
}

/** What stands in for duals when no engine answers, or may be asked: each class's largest share of the container that holds it cheapest. */
function sharesOfCheapest(problem: Bounded, containers: readonly Container[]): Float64Array {
  return Float64Array.from(problem.classes, (_, c) => {
    const prices = containers.flatMap(({ most, microsPerHour }) => (most[c]! > 0 ? [microsPerHour / most[c]!] : []));
    return prices.length === 0 ? 0 : Math.min(...prices);
  });
}
