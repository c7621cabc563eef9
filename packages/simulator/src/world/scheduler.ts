import type { SnapshotPod } from '@restow/model';
import { findUntolerated, maySchedule } from '@restow/scheduling';
import { draw, drawBetween } from './draw.ts';
import { nameOf, noteEmptiness } from './pods.ts';
import type { World } from './world.ts';
import type { WorldPod } from './world-state.ts';

/** Gives every pod that waits a node, if one takes it: oldest first, highest priority before all. */
export function schedule(world: World): void {
  const pending = [...world.state.pods.values()]
    .filter(({ pod }) => pod.node === null && !pod.terminating)
    .sort((a, b) => b.pod.priority - a.pod.priority || a.createdAt - b.createdAt);
  for (const entry of pending) {
    const node = chooseNode(world, entry);
    if (node !== null) bind(world, entry, node);
    else if (entry.unschedulableSince === null) {
      world.setPod({ ...entry, unschedulableSince: world.now });
      const { autoscaler } = world.state.behaviour;
      if (autoscaler !== null) world.at({ kind: 'autoscale' }, autoscaler.afterMs);
    }
  }
}

function chooseNode(world: World, { pod, wanted }: WorldPod): string | null {
  const fitting = [...world.state.nodes.keys()].filter((name) => maySchedule(pod, name, world.placed));
  if (fitting.length === 0) return null;
  if (wanted !== null && fitting.includes(wanted)) return wanted;
  const { seed, behaviour } = world.state;
  const astray =
    draw(seed, 'noise', pod.uid) < behaviour.schedulerNoise || world.strikes('scheduler-elsewhere', pod.uid);
  if (astray) return fitting[Math.floor(draw(seed, 'astray', pod.uid) * fitting.length)]!;
  const score = (name: string) => scoreOf(world, pod, name) + draw(seed, 'tie', pod.uid, name) * 1e-6;
  return fitting.reduce((best, name) => (score(name) > score(best) ? name : best));
}

/** As the default profile weighs: soft taints first, then the emptiest node. Source: TaintToleration, NodeResourcesFit. */
function scoreOf(world: World, pod: SnapshotPod, name: string): number {
  const { node, used } = world.placed.place(name);
  const soft = node.taints
    .filter(({ effect }) => effect === 'PreferNoSchedule')
    .map((taint) => {
      return { ...taint, effect: 'NoSchedule' as const };
    });
  const avoided = findUntolerated(soft, pod.spec.tolerations) === null ? 0 : 1;
  const share = (resource: string) => {
    const all = node.allocatable[resource] ?? 0;
    return all === 0 ? 0 : 1 - (used[resource] ?? 0) / all;
  };
  return (share('cpu') + share('memory')) / 2 - avoided * 3;
}

function bind(world: World, entry: WorldPod, node: string): void {
  const { seed, behaviour } = world.state;
  const { uid } = entry.pod;
  world.setPod({ ...entry, pod: { ...entry.pod, node }, unschedulableSince: null });
  world.log({ kind: 'pod-bound', uid, name: nameOf(entry.pod), node });
  noteEmptiness(world, node);
  if (world.strikes('pod-never-ready', uid)) return;
  const [least, most] = behaviour.podStartMs;
  const slow = world.strikes('pod-slow-start', uid) ? 10 : 1;
  const volumeMs = entry.pod.claims.length > 0 ? behaviour.volumeMs : 0;
  world.at({ kind: 'pod-ready', uid }, slow * drawBetween(least, most, seed, 'start', uid) + volumeMs);
}
