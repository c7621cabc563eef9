import { formatMicros, type Plan } from '@restow/model';
import { renderColumns } from './columns.ts';

/** Pods are worth cents. */
const DIGITS = 3;

/** Who leaves, how, where to and when, and what that is expected to lose, for people. */
export function renderEvacuation({ evacuation, target, metadata, summary }: Plan): string {
  const { nodes, pods, expectedLossMicros, liveAtOnce } = evacuation!;
  const money = (micros: number) => formatMicros(micros, summary.currency, DIGITS);
  const started = Date.parse(metadata.createdAt);
  const within = nodes.map(
    ({ name, deadline }) => `${name} goes in ${Math.round((Date.parse(deadline) - started) / 1000)} s`,
  );
  const launched = target.nodes.filter(({ existing }) => !existing);
  const head = [
    ['', 'POD', 'BY', 'TO', 'FROM..TO [s]', 'AT STAKE', ''],
    ...pods.map(({ namespace, name, method, to, beginMs, endMs, interruptionMicros, reasons }, index) => [
      `${index + 1}`,
      `${namespace}/${name}`,
      method,
      to ?? '',
      beginMs === null || endMs === null ? '' : `${seconds(beginMs)}..${seconds(endMs)}`,
      money(interruptionMicros),
      reasons.join('; '),
    ]),
  ];
  const { planned, podOrder, priorityOrder, nothing } = expectedLossMicros;
  return [
    `${within.join(', ')}\n\n`,
    pods.length === 0 ? 'nothing is on it that would have to leave\n' : renderColumns(head, [0, 5]),
    ...launched.map(
      ({ name, instanceType, zone, capacityType }) =>
        `\nlaunched at once: ${name}, ${instanceType} (${capacityType})${zone === null ? '' : ` in ${zone}`}`,
    ),
    launched.length > 0 ? '\n' : '',
    `\nexpected loss: ${money(planned)} with ${liveAtOnce} live moves at once; in pod order ${money(podOrder)}, ` +
      `by priority ${money(priorityOrder)}, with nothing done ${money(nothing)}\n`,
  ].join('');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
