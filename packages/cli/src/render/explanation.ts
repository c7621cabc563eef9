import { formatMicros, HOURS_PER_MONTH, type Plan, type TargetNode } from '@restow/model';
import type { NodeVerdict } from '@restow/solver';

/** Why a node goes, comes or stays; null when the plan knows no node of that name. */
export function explainNode(plan: Plan, name: string): string | null {
  const target = plan.target.nodes.find((node) => node.name === name);
  const removed = plan.steps.some((step) => step.kind === 'remove' && step.node === name);
  const { currency } = plan.summary;
  const waiting = (plan.target.pending ?? []).filter(({ node }) => node === name).length;
  const room = waiting === 0 ? [] : [`  there will be room for ${waiting} pods that wait for a node`];
  const leaving = plan.target.placements.filter(({ from }) => from === name);
  const there = plan.target.placements.filter(({ node }) => node === name);
  if (target === undefined && !removed) return null;
  if (target === undefined) {
    const where = [...new Set(leaving.map(({ node }) => node))];
    return lines([
      `node ${name} goes: its ${leaving.length} pods have a cheaper place${where.length > 0 ? ` on ${list(where)}` : ''}`,
    ]);
  }
  const price =
    target.microsPerHour === null ? 'without a known price' : `${formatMicros(target.microsPerHour, currency, 4)}/h`;
  const what = `${target.instanceType ?? 'unknown type'} in ${target.zone ?? 'any zone'}, ${target.capacityType}, ${price}`;
  if (!target.existing) {
    const from = new Set(there.map((placement) => placement.from));
    const other = target.alternatives[0];
    return lines([
      `node ${name} comes: ${what}`,
      `  it takes ${there.length} pods from ${from.size} nodes`,
      ...room,
      other === undefined
        ? '  nothing else that can be launched holds the same pods'
        : `  next best for the same pods: ${other.instanceType} in ${other.zone ?? 'any zone'}, ${formatMicros(other.microsPerHour, currency, 4)}/h`,
    ]);
  }
  const stay = plan.stays.find(({ kind, name: stayName }) => kind === 'Node' && stayName === name);
  const here = new Set(there.map(({ namespace, name: podName }) => `${namespace}/${podName}`));
  const holding = plan.stays.filter(
    ({ kind, namespace, name: podName }) => kind === 'Pod' && here.has(`${namespace}/${podName}`),
  );
  const reasons = [
    ...(stay?.reasons ?? []),
    ...holding.map(({ namespace, name: podName, reasons: why }) => `${namespace}/${podName} stays: ${why.join('; ')}`),
  ];
  const cost = (stay?.microsPerHour ?? 0) + holding.reduce((sum, { microsPerHour }) => sum + microsPerHour, 0);
  return lines([
    `node ${name} stays: ${what}`,
    `  ${there.length} pods at the end, ${leaving.length} leave, ${there.filter(({ from }) => from !== null).length} come`,
    ...room,
    ...(reasons.length === 0
      ? ['  nothing forbids to remove it; no cheaper placement of its pods was found']
      : reasons.map((reason) => `  ${reason}`)),
    ...(reasons.length === 0
      ? []
      : [`  what that costs: about ${formatMicros(cost * HOURS_PER_MONTH, currency)}/month`]),
  ]);
}

/** Why a pod goes where it goes, or every reason why it stays. */
export function explainPod(plan: Plan, pod: { readonly namespace: string; readonly name: string }): string {
  const same = (one: { namespace?: string; name: string }) => one.namespace === pod.namespace && one.name === pod.name;
  const placement = plan.target.placements.find(same);
  const stay = plan.stays.find((one) => one.kind === 'Pod' && same(one));
  const name = `pod ${pod.namespace}/${pod.name}`;
  const { currency } = plan.summary;
  const room = plan.target.pending?.find(same);
  if (room !== undefined) {
    const target = plan.target.nodes.find((one) => one.name === room.node)!;
    return lines([
      `${name} waits for a node: there will be room for it on ${room.node}`,
      `  ${room.node} ${whatItIs(target, currency)}`,
      '  who brings it there is the scheduler, which may choose another node that has room',
    ]);
  }
  if (placement !== undefined && placement.from !== null) {
    const { from, node, method } = placement;
    const gone = plan.steps.some((step) => step.kind === 'remove' && step.node === from);
    const target = plan.target.nodes.find((one) => one.name === node)!;
    const moves = plan.steps.filter((step) => step.kind === 'move' && step.pod !== undefined && same(step.pod));
    return lines([
      `${name} moves from ${from} to ${node} by ${method}`,
      gone ? `  ${from} is emptied and removed` : `  ${from} is kept and gives the room to others`,
      `  ${node} ${whatItIs(target, currency)}`,
      ...(moves.length > 1
        ? [`  on the way it makes room for others: ${moves.map((move) => move.node).join(' → ')}`]
        : []),
    ]);
  }
  if (stay !== undefined) {
    return lines([
      `${name} stays${placement === undefined ? '' : ` on ${placement.node}`}:`,
      ...stay.reasons.map((reason) => `  ${reason}`),
      `  what that costs: about ${formatMicros(stay.microsPerHour * HOURS_PER_MONTH, currency)}/month`,
    ]);
  }
  return lines([
    `${name} stays on ${placement?.node}:`,
    '  nothing forbids to move it; moving it would not make the cluster cheaper by more than the move costs',
  ]);
}

function whatItIs({ existing, instanceType, zone, microsPerHour }: TargetNode, currency: string): string {
  const price = microsPerHour === null ? '' : ` at ${formatMicros(microsPerHour, currency, 4)}/h`;
  return `${existing ? 'has room' : 'is launched'}: ${instanceType ?? 'unknown type'} in ${zone ?? 'any zone'}${price}`;
}

export function renderVerdicts(verdicts: readonly NodeVerdict[]): string {
  return lines([
    'what the other nodes that are kept say, everyone else being where the plan puts them:',
    ...verdicts.map(
      ({ reasons, nodes }) => `  ${list(nodes)}: ${reasons.length === 0 ? 'would take it' : reasons.join('; ')}`,
    ),
  ]);
}

function list(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
