import type { Plan } from '@restow/model';
import { methodOf, type PeerRun } from './peers.ts';

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 20;
const TOP = 40;
const BOTTOM = 50;
const COLOURS = ['#c0392b', '#d68910', '#7d3c98', '#1f618d'];

type Point = readonly [moves: number, dollarsPerHour: number];

/** Cost against moves, as SVG: restow's frontier, the paths of the peers, and the bound. */
export function drawFrontier(
  name: string,
  plans: readonly Plan['summary'][],
  peers: readonly PeerRun[],
  boundMicros: number | null,
): string {
  const ours: Point[] = plans.map(({ moves, microsPerHour }) => [moves, microsPerHour.after / 1e6]);
  const paths = peers
    .filter(({ fresh }) => !fresh)
    .map((peer) => ({ label: methodOf(peer), points: peer.curve.map(([, moves, cost]): Point => [moves, cost]) }));
  const all = [...ours, ...paths.flatMap(({ points }) => points)];
  const mostMoves = Math.max(1, ...all.map(([moves]) => moves));
  const most = Math.max(...all.map(([, cost]) => cost));
  const least = boundMicros === null ? Math.min(...all.map(([, cost]) => cost)) : boundMicros / 1e6;
  const x = (moves: number) => LEFT + ((WIDTH - LEFT - RIGHT) * moves) / mostMoves;
  const y = (cost: number) => TOP + ((HEIGHT - TOP - BOTTOM) * (most - cost)) / Math.max(1e-9, most - least);
  const line = (points: readonly Point[], colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points
      .map(([moves, cost]) => `${x(moves).toFixed(1)},${y(cost).toFixed(1)}`)
      .join(' ')}"/>`;
  const text = (at: Point, what: string, anchor: 'start' | 'middle' | 'end', colour = '#333') =>
    `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}" fill="${colour}">${what}</text>`;
  const legend = [
    ['restow plan --frontier', '#1e8449'] as const,
    ...paths.map(({ label }, k) => [label, COLOURS[k % COLOURS.length]!] as const),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    text([WIDTH / 2, 20], `${name}: USD an hour against pods moved`, 'middle'),
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#999"/>`,
    ...[most, (most + least) / 2, least].map((cost) => text([LEFT - 8, y(cost) + 4], cost.toFixed(2), 'end')),
    ...[0, mostMoves / 2, mostMoves].map((moves) =>
      text([x(moves), HEIGHT - BOTTOM + 18], String(Math.round(moves)), 'middle'),
    ),
    boundMicros === null
      ? ''
      : `<path d="M${LEFT} ${y(least)}H${WIDTH - RIGHT}" stroke="#333" stroke-dasharray="4 4"/>`,
    ...paths.map(({ points }, k) => line(points, COLOURS[k % COLOURS.length]!)),
    line(ours, '#1e8449'),
    ...legend.map(([label, colour], k) => text([WIDTH - RIGHT - 8, TOP + 16 * (k + 1)], label, 'end', colour)),
    '</svg>',
    '',
  ].join('\n');
}
