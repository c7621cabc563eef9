import { formatMicros, HOURS_PER_MONTH, type Plan, type PlanStay } from '@restow/model';
import { renderColumns } from './columns.ts';

const MOST = 10;
const MOST_EXAMPLES = 2;
const ESTIMATED =
  'estimates: the price of nodes that are held less what the pods on them would cost elsewhere;\n' +
  'restow plan --without-pdb, --without-rule and --allow say what is proven to be saved';

/** The constraints that cost most a month, each with what it holds: of what stays, what has the same reasons is one. */
export function renderDearestConstraints({ stays, summary }: Plan): string {
  const costly = stays.filter(({ microsPerHour }) => microsPerHour > 0);
  if (costly.length === 0) return 'nothing that stays costs anything: every node that is kept is worth its price\n';
  const constraints = [...Map.groupBy(costly, keyOf).values()]
    .map((held) => {
      return { held, microsPerHour: held.reduce((sum, stay) => sum + stay.microsPerHour, 0) };
    })
    .sort((one, other) => other.microsPerHour - one.microsPerHour);
  const rows = constraints
    .slice(0, MOST)
    .map(({ held, microsPerHour }) => [
      `  ${formatMicros(microsPerHour * HOURS_PER_MONTH, summary.currency)}/month`,
      held[0]!.reasons.join('; '),
      holds(held),
    ]);
  const title =
    constraints.length > MOST
      ? `the ${MOST} of ${constraints.length} constraints that cost most`
      : 'what each constraint costs';
  return `${title}, about\n${renderColumns(rows, [0])}${ESTIMATED}\n`;
}

/** A budget's name says nothing without its namespace. */
function keyOf({ kind, namespace, reasons }: PlanStay): string {
  return JSON.stringify([kind, namespace ?? null, reasons]);
}

function holds(held: readonly PlanStay[]): string {
  const [{ kind, namespace }] = held as [PlanStay];
  const names = held.slice(0, MOST_EXAMPLES).map(({ name }) => name);
  const more = held.length - names.length;
  const what = `${kind.toLowerCase()}${held.length === 1 ? '' : 's'}`;
  const where = kind === 'Pod' ? ` in ${namespace}` : '';
  return `${held.length} ${what}${where}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
