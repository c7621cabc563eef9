import { formatMicros, HOURS_PER_MONTH, type Plan, type TargetNode } from '@restow/model';
import { renderColumns } from './columns.ts';

const MOST_STAYS = 12;

/** A plan for people: first cost, proof and effort, then what goes and comes, then what stays and why. */
export function renderPlan(plan: Plan, wide: boolean): string {
  return [
    renderSummary(plan),
    renderNodes(plan, wide),
    wide ? renderMoves(plan) : '',
    wide ? renderPending(plan) : '',
    renderStays(plan, wide),
    renderNotes(plan),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

export function renderSummary(plan: Plan): string {
  const { currency, microsPerHour, gap, status, nodes, pods, moves, stallMs, movedBytes } = plan.summary;
  const { before, after, bound } = microsPerHour;
  const saving = before - after;
  const money = (micros: number) => formatMicros(micros, currency);
  const rows = [
    ['cost', `${money(before)}/h now, ${money(after)}/h after (${plan.metadata.basis} prices)`],
    [
      'saving',
      `${money(saving)}/h, ${money(saving * HOURS_PER_MONTH)}/month (${percent(before === 0 ? 0 : saving / before)})`,
    ],
    ...termRows(plan),
    [
      'proof',
      `nothing valid costs less than ${money(bound)}/h; ` +
        (gap === null ? 'no gap can be stated' : `this plan is within ${percent(gap, 2)} of it`) +
        ` (${status})`,
    ],
    ...movingProofRows(plan),
    [
      'nodes',
      `${nodes.before} now, ${nodes.after} after: ${nodes.removed} go, ${nodes.launched} come` +
        (nodes.unpriced > 0 ? `; ${nodes.unpriced} without a price stay and are not counted in the cost` : ''),
    ],
    [
      'moves',
      `${moves} for ${pods} pods; predicted stall ${formatMs(stallMs)} in all, ${formatBytes(movedBytes)} sent`,
    ],
    ...pendingRows(plan),
    ...objectiveRows(plan),
  ];
  return renderColumns(rows);
}

/** Where policy asks for it: for how many of those who wait there will be room. */
function pendingRows({ summary, target: { nodes, pending } }: Plan): string[][] {
  if (pending === undefined || summary.pending === undefined) return [];
  if (summary.pending === 0) return [['pending', 'no pod waits for a node']];
  const come = new Set(nodes.flatMap(({ name, existing }) => (existing ? [] : [name])));
  const onNew = pending.filter(({ node }) => come.has(node)).length;
  return [
    [
      'pending',
      `room for ${pending.length} of ${summary.pending} pods that wait for a node, for ${onNew} of them on nodes that come`,
    ],
  ];
}

/** Where moves are limited or cost something, that is proven too: no plan could have come as near to the nodes' bound. */
function movingProofRows({ summary, policy }: Plan): string[][] {
  const { objective, objectiveGap, microsPerHour, currency } = summary;
  if (objective === null || objective.bound === undefined || objective.bound <= microsPerHour.bound) return [];
  const limit = policy.maxMoves === null ? 'moves at their price' : `no more than ${policy.maxMoves} moves`;
  const gap = objectiveGap === null ? 'no gap can be stated' : `this plan is within ${percent(objectiveGap, 2)} of it`;
  return [['', `with ${limit}, nothing costs less than ${formatMicros(objective.bound, currency)}/h; ${gap}`]];
}

/** What it costs to get there is weighed against what is saved, so it is said. */
function objectiveRows({ summary, policy }: Plan): string[][] {
  const { objective, currency, moves } = summary;
  if (objective === null) return [];
  const money = (micros: number) => `${formatMicros(micros, currency, 4)}/h`;
  const sumOf = (parts: readonly (readonly [number, string])[]) => money(parts.reduce((sum, [part]) => sum + part, 0));
  const list = (parts: readonly (readonly [number, string])[]) =>
    parts.flatMap(([micros, what]) => (micros === 0 ? [] : [`${money(micros)} ${what}`])).join(', ');
  const { away, traffic, surge, risk = 0, preferences = 0 } = objective;
  const moving = [
    [objective.moves, 'for moves'],
    [away, 'for time away'],
    [traffic, 'for bytes between zones'],
    [surge, 'for nodes side by side'],
  ] as const;
  const places = [
    [risk, 'for interruptions that are expected'],
    [preferences, 'for preferences that are not met'],
  ] as const;
  return [
    ...(moves === 0 ? [] : [['moving', `${sumOf(moving)} over ${policy.horizonHours} h: ${list(moving)}`]]),
    ...(risk + preferences === 0 ? [] : [['places', list(places)]]),
  ];
}

/** Where commitments pay for nodes, what is saved depends on whose money is counted. */
function termRows(plan: Plan): string[][] {
  const { currency, terms } = plan.summary;
  const { covered } = plan.target;
  if (covered.length === 0) return [];
  const money = (micros: number) => `${formatMicros(micros, currency)}/h`;
  const saved = ({ before, after }: { readonly before: number; readonly after: number }) => money(before - after);
  const { low, high } = terms.cashSaving;
  const isRange = high > low;
  const cash = isRange ? `${money(low)} to ${money(high)}, as others use what is freed` : money(low);
  const effective = terms.effective === null ? 'not known' : saved(terms.effective);
  const paid = terms.committed === null ? 'an unknown amount is' : `${money(terms.committed)} is`;
  return [
    ['invoice', `${cash} less; by list prices ${saved(terms.list)}, by effective cost ${effective}`],
    ['committed', `${paid} paid whatever happens, by commitments that cover ${covered.length} of the nodes`],
  ];
}

function renderNodes(plan: Plan, wide: boolean): string {
  const removedSteps = plan.steps.filter(({ kind }) => kind === 'remove').map(({ node }) => node!);
  const come = plan.target.nodes.filter(({ existing }) => !existing);
  const parts: string[] = [];
  const spares = new Set(plan.target.spares.map(({ name }) => name));
  const go = removedSteps.filter((name) => !spares.has(name));
  if (go.length > 0) {
    parts.push(
      `nodes to go (${go.length})\n${renderColumns((wide ? go : go.slice(0, 8)).map((name) => [`  ${name}`]))}`,
    );
    if (!wide && go.length > 8) parts.push(`  … and ${go.length - 8} more (-o wide)\n`);
  }
  if (come.length > 0) {
    const rows = wide ? come.map((node) => nodeRow(node, plan, node.name)) : groupRows(come, plan);
    parts.push(`nodes to come (${come.length})\n${renderColumns(rows, [4])}`);
  }
  return parts.join('');
}

function nodeRow(node: TargetNode, plan: Plan, first: string): string[] {
  const { instanceType, zone, capacityType, microsPerHour } = node;
  const price = microsPerHour === null ? 'not priced' : `${formatMicros(microsPerHour, plan.summary.currency, 4)}/h`;
  return [`  ${first}`, instanceType ?? 'unknown type', zone ?? 'any zone', capacityType, price];
}

function groupRows(nodes: readonly TargetNode[], plan: Plan): string[][] {
  const groups = Map.groupBy(nodes, ({ instanceType, zone, capacityType, group }) =>
    [instanceType, zone, capacityType, group].join('|'),
  );
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map((group) => nodeRow(group[0]!, plan, `${group.length} ×`));
}

function renderPending({ target: { pending = [] } }: Plan): string {
  if (pending.length === 0) return '';
  const rows = pending.map(({ namespace, name, node }) => [`  ${namespace}/${name}`, `→ ${node}`]);
  return `pods that wait and will have room (${pending.length})\n${renderColumns(rows)}`;
}

function renderMoves(plan: Plan): string {
  const moved = plan.target.placements.filter(({ from }) => from !== null);
  if (moved.length === 0) return '';
  const rows = moved.map(({ namespace, name, node, from, method }) => [
    `  ${namespace}/${name}`,
    `${from} → ${node}`,
    method,
  ]);
  return `pods to move (${moved.length})\n${renderColumns(rows)}`;
}

function renderStays(plan: Plan, wide: boolean): string {
  const { stays, summary } = plan;
  if (stays.length === 0) return '';
  const shown = wide ? stays : stays.slice(0, MOST_STAYS);
  const rows = shown.map(({ kind, namespace, name, reasons, microsPerHour }) => [
    `  ${kind.toLowerCase()} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
    `${formatMicros(microsPerHour * HOURS_PER_MONTH, summary.currency)}/month`,
    reasons.join('; '),
  ]);
  const rest = stays.length - shown.length;
  return `what stays, what that costs, and why (${stays.length})\n${renderColumns(rows, [1])}${rest > 0 ? `  … and ${rest} more (-o wide)\n` : ''}`;
}

function renderNotes(plan: Plan): string {
  return plan.notes.length === 0 ? '' : `notes\n${plan.notes.map((note) => `  ${note}\n`).join('')}`;
}

export function percent(fraction: number, digits = 1): string {
  return `${(fraction * 100).toFixed(digits)} %`;
}

export function formatMs(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(0)} s`;
  return `${(ms / 60_000).toFixed(1)} min`;
}

export function formatBytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(0)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
