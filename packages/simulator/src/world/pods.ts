import type { SnapshotPod } from '@restow/model';
import { drawBetween } from './draw.ts';
import type { World } from './world.ts';
import type { Buyer, WorldOwner } from './world-state.ts';

/** Asks a pod to stop; its owner makes another one, at once or when it is gone. */
export function stopPod(world: World, uid: string, wanted: string | null = null): void {
  const entry = world.state.pods.get(uid)!;
  if (entry.pod.terminating) return;
  world.setPod({ ...entry, pod: { ...entry.pod, terminating: true }, readySince: null });
  const [least, most] = world.state.behaviour.podStopMs;
  const stopMs = drawBetween(least, most, world.state.seed, 'stop', uid);
  if (!world.strikes('pod-stuck-terminating', uid)) world.at({ kind: 'pod-gone', uid }, stopMs);
  leaveVacancy(world, entry.pod, wanted);
  reconcileOwner(world, entry.pod.owner?.uid ?? null);
}

function leaveVacancy({ state }: World, pod: SnapshotPod, wanted: string | null): void {
  if (pod.owner === null || !state.owners.has(pod.owner.uid)) return;
  const { uid } = pod.owner;
  state.vacancies.set(uid, [...(state.vacancies.get(uid) ?? []), { pod, wanted }]);
}

export function onPodGone(world: World, uid: string): void {
  const entry = world.state.pods.get(uid);
  if (entry === undefined) return;
  world.dropPod(uid);
  world.state.gone.set(uid, world.now);
  world.log({ kind: 'pod-gone', uid, name: nameOf(entry.pod) });
  if (entry.pod.node !== null) noteEmptiness(world, entry.pod.node);
  reconcileOwner(world, entry.pod.owner?.uid ?? null);
  world.at({ kind: 'schedule' }, world.state.behaviour.schedulerMs);
}

export function onPodReady(world: World, uid: string): void {
  const entry = world.state.pods.get(uid);
  if (entry === undefined || entry.pod.terminating || entry.pod.node === null) return;
  world.setPod({ ...entry, readySince: world.now });
  world.log({ kind: 'pod-ready', uid, name: nameOf(entry.pod) });
}

/** A pod on a node that has gone: it was not asked. */
export function losePod(world: World, uid: string, by: Buyer): void {
  const entry = world.state.pods.get(uid)!;
  world.dropPod(uid);
  world.state.gone.set(uid, world.now);
  world.log({ kind: 'pod-lost', uid, name: nameOf(entry.pod), by });
  if (!entry.pod.terminating) leaveVacancy(world, entry.pod, null);
  reconcileOwner(world, entry.pod.owner?.uid ?? null);
}

/** Gives an owner as many pods as it wants; those that are stopping do not count, but keep a StatefulSet's name. */
export function reconcileOwner(world: World, uid: string | null): void {
  const owner = uid === null ? undefined : world.state.owners.get(uid);
  if (owner === undefined) return;
  const own = [...world.state.pods.values()].filter(({ pod }) => pod.owner?.uid === uid);
  const running = own.filter(({ pod }) => !pod.terminating);
  const missing = owner.replicas - running.length;
  if (owner.reference.kind === 'StatefulSet') {
    const taken = new Set(own.map(({ pod }) => pod.name));
    const names = ordinalsOf(world, owner).filter((name) => !taken.has(name));
    for (const name of names.slice(0, Math.max(0, missing))) createPod(world, owner, name);
  } else {
    for (let made = 0; made < missing; made++) {
      const number = world.nextUid('pod');
      createPod(world, owner, `${owner.reference.name}-${number}`, number);
    }
  }
  // Scaling down takes the youngest first, those that are not ready before all others.
  const surplus = [...running].sort(
    (a, b) => Number(a.readySince !== null) - Number(b.readySince !== null) || b.createdAt - a.createdAt,
  );
  for (let extra = 0; extra < -missing; extra++) {
    stopPod(world, surplus[extra]!.pod.uid);
    world.state.vacancies.get(owner.reference.uid)?.pop();
  }
}

/** The names that a StatefulSet's pods have; those that were there at the start need not be numbered. */
function ordinalsOf(world: World, owner: WorldOwner): string[] {
  const names = world.state.names.get(owner.reference.uid) ?? [];
  const more = Array.from({ length: Math.max(0, owner.replicas - names.length) }, (_, index) => {
    return `${owner.reference.name}-${names.length + index}`;
  });
  return [...names, ...more].slice(0, owner.replicas);
}

function createPod(world: World, owner: WorldOwner, name: string, number?: string): void {
  const uid = number ?? world.nextUid('pod');
  const vacancies = world.state.vacancies.get(owner.reference.uid) ?? [];
  const index = owner.reference.kind === 'StatefulSet' ? vacancies.findIndex((one) => one.pod.name === name) : 0;
  const [vacancy] = index < 0 ? [] : vacancies.splice(index, 1);
  const pod: SnapshotPod = { ...(vacancy?.pod ?? owner.template), name, uid, node: null, terminating: false };
  const wanted = vacancy?.wanted ?? null;
  world.setPod({ pod, readySince: null, createdAt: world.now, wanted, unschedulableSince: null });
  world.log({ kind: 'pod-created', uid, name: nameOf(pod) });
  world.at({ kind: 'schedule' }, world.state.behaviour.schedulerMs);
}

/** Remembers since when a node holds nothing but what belongs to it. */
export function noteEmptiness(world: World, name: string): void {
  const entry = world.state.nodes.get(name);
  if (entry === undefined) return;
  const isEmpty = [...world.placed.place(name).pods].every((pod) => isDaemon(pod as SnapshotPod));
  const emptySince = isEmpty ? (entry.emptySince ?? world.now) : null;
  if (emptySince !== entry.emptySince) world.setNode({ ...entry, emptySince });
}

export function isDaemon(pod: SnapshotPod): boolean {
  return pod.mirror || pod.owner?.kind === 'DaemonSet' || pod.owner?.kind === 'Node';
}

export function nameOf(pod: SnapshotPod): string {
  return `${pod.namespace}/${pod.name}`;
}
