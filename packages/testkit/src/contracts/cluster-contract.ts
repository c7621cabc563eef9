import type { ClusterView, LaunchOrder, LiveCluster, Mover, NodeManager, NodeMarker } from '@restow/executor';
import type { Method, SnapshotNode, SnapshotPod } from '@restow/model';
import { describe, expect, test } from 'vitest';

/**
 * A cluster with at least two ready nodes that a manager owns, pods of an owner with several replicas on one of them,
 * one pod under a budget that allows nothing, room for every one of them elsewhere, and one node of an unknown owner.
 */
export interface ClusterHarness {
  readonly view: ClusterView;
  readonly marker: NodeMarker;
  readonly nodes: NodeManager;
  readonly mover: Mover;
  /** Names of things in it. */
  readonly movable: string;
  readonly protectedPod: string;
  readonly emptyNode: string;
  readonly unknownNode: string;
  readonly busyNode: string;
  order(token: string): LaunchOrder;
  /** An order that its cloud cannot fill. */
  orderWithoutCapacity(token: string): LaunchOrder;
  /** Lets time pass while this is being waited for. */
  wait<Result>(work: Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const SIGNAL = new AbortController().signal;
const LONG_MS = 120_000;

/** What every ClusterView, NodeMarker, NodeManager and Mover must do, together, on one cluster. */
export function clusterContract(name: string, makeHarness: () => Promise<ClusterHarness>): void {
  const withHarness = (work: (harness: ClusterHarness) => Promise<void>) => async () => {
    const harness = await makeHarness();
    try {
      await work(harness);
    } finally {
      await harness.close();
    }
  };
  const nodeIn = ({ snapshot }: LiveCluster, node: string): SnapshotNode =>
    snapshot.nodes.find((one) => one.name === node)!;
  const podIn = ({ snapshot }: LiveCluster, pod: string): SnapshotPod => snapshot.pods.find((one) => one.name === pod)!;
  /** Waits until the cluster is seen to be so. */
  const seen = async (harness: ClusterHarness, test: (live: LiveCluster) => boolean): Promise<LiveCluster> => {
    let live = await harness.view.current(SIGNAL);
    for (let tries = 0; !test(live); tries++) {
      expect(tries, 'it is never seen to be so').toBeLessThan(2000);
      live = await harness.wait(harness.view.changed(live.version, 1000, SIGNAL));
    }
    return live;
  };
  const orderOf = (live: LiveCluster, podName: string, to: string, method: Method = 'evict') => {
    const pod = podIn(live, podName);
    const { namespace, name: own, uid } = pod;
    return { id: 'move-1', pod: { namespace, name: own, uid }, owner: pod.owner!, from: pod.node!, to, method };
  };

  describe(`${name} as a ClusterView`, () => {
    test(
      'says which pods are ready, and keeps what has not changed',
      withHarness(async (harness) => {
        const { view, movable, marker, emptyNode } = harness;
        const first = await view.current(SIGNAL);
        expect(first.readySince.has(podIn(first, movable).uid)).toBe(true);
        await harness.wait(marker.cordon(nodeIn(first, emptyNode), SIGNAL));
        const second = await seen(harness, (live) => nodeIn(live, emptyNode).unschedulable);
        expect(second.version).toBeGreaterThan(first.version);
        expect(podIn(second, movable)).toBe(podIn(first, movable));
      }),
    );

    test(
      'changed answers at once when something has changed already, and after the time-out when nothing does',
      withHarness(async (harness) => {
        const { view } = harness;
        const live = await view.current(SIGNAL);
        expect((await view.changed(live.version - 1, LONG_MS, SIGNAL)).version).toBeGreaterThanOrEqual(live.version);
        expect((await harness.wait(view.changed(live.version, 10, SIGNAL))).version).toBeGreaterThanOrEqual(
          live.version,
        );
      }),
    );

    test(
      'stops waiting when told to',
      withHarness(async ({ view }) => {
        const live = await view.current(SIGNAL);
        const stop = new AbortController();
        const waiting = view.changed(live.version, LONG_MS, stop.signal);
        stop.abort(new Error('enough'));
        await expect(waiting).rejects.toThrow('enough');
      }),
    );
  });

  describe(`${name} as a NodeMarker`, () => {
    test(
      'cordons, says what was so before, uncordons; each twice',
      withHarness(async (harness) => {
        const { view, marker, emptyNode } = harness;
        const node = nodeIn(await view.current(SIGNAL), emptyNode);
        expect(await harness.wait(marker.cordon(node, SIGNAL))).toEqual({ ok: true, wasCordoned: false });
        await seen(harness, (live) => nodeIn(live, emptyNode).unschedulable);
        expect(await harness.wait(marker.cordon(node, SIGNAL))).toEqual({ ok: true, wasCordoned: true });
        for (let twice = 0; twice < 2; twice++)
          expect(await harness.wait(marker.uncordon(node, SIGNAL))).toEqual({ ok: true });
        await seen(harness, (live) => !nodeIn(live, emptyNode).unschedulable);
      }),
    );

    test(
      'a mark comes once and goes without a trace',
      withHarness(async (harness) => {
        const { view, marker, emptyNode } = harness;
        const node = nodeIn(await view.current(SIGNAL), emptyNode);
        for (let twice = 0; twice < 2; twice++)
          expect((await harness.wait(marker.markUnpreferred(node, SIGNAL))).ok).toBe(true);
        const marked = await seen(harness, (live) => nodeIn(live, emptyNode).taints.length > node.taints.length);
        expect(nodeIn(marked, emptyNode).taints.length).toBe(node.taints.length + 1);
        for (let twice = 0; twice < 2; twice++) expect((await harness.wait(marker.unmark(node, SIGNAL))).ok).toBe(true);
        const after = await seen(harness, (live) => nodeIn(live, emptyNode).taints.length === node.taints.length);
        expect(nodeIn(after, emptyNode).taints).toEqual(node.taints);
      }),
    );

    test(
      'protection, given and taken twice, is no rule of the cluster for the run itself',
      withHarness(async (harness) => {
        const { view, marker, emptyNode } = harness;
        const node = nodeIn(await view.current(SIGNAL), emptyNode);
        for (const call of [marker.protect, marker.protect, marker.unprotect, marker.unprotect]) {
          expect(await harness.wait(call.call(marker, node, SIGNAL))).toEqual({ ok: true });
          expect(nodeIn(await view.current(SIGNAL), emptyNode).doNotDisrupt).toBe(node.doNotDisrupt);
        }
      }),
    );

    test(
      'another node under the same name is left alone',
      withHarness(async (harness) => {
        const { marker, emptyNode, view } = harness;
        const wrong = { name: emptyNode, uid: 'another' };
        for (const answer of [
          await harness.wait(marker.cordon(wrong, SIGNAL)),
          await harness.wait(marker.uncordon(wrong, SIGNAL)),
          await harness.wait(marker.markUnpreferred(wrong, SIGNAL)),
          await harness.wait(marker.protect(wrong, SIGNAL)),
        ]) {
          expect(answer).toMatchObject({ ok: false, code: 'gone' });
        }
        expect(nodeIn(await view.current(SIGNAL), emptyNode).unschedulable).toBe(false);
      }),
    );
  });

  describe(`${name} as a NodeManager`, () => {
    test(
      'the same order twice is one node, which joins, can be seen, and is given back',
      withHarness(async (harness) => {
        const { nodes, view } = harness;
        const before = new Set((await view.current(SIGNAL)).snapshot.nodes.map(({ uid }) => uid));
        // Others may go meanwhile: a real cluster still gives back what other tests have had.
        const newIn = ({ snapshot }: LiveCluster) => snapshot.nodes.filter(({ uid }) => !before.has(uid));
        const first = await harness.wait(nodes.launch(harness.order('t1'), SIGNAL));
        const second = await harness.wait(nodes.launch(harness.order('t1'), SIGNAL));
        expect(second).toEqual(first);
        let found = await nodes.nodeOf('t1', SIGNAL);
        const live = await seen(harness, (one) => newIn(one).length > 0);
        for (let tries = 0; found.ok && found.node === null && tries < 100; tries++) {
          await harness.wait(view.changed((await view.current(SIGNAL)).version, 1000, SIGNAL));
          found = await nodes.nodeOf('t1', SIGNAL);
        }
        const node = found.ok ? found.node! : null;
        expect(newIn(live).map(({ name, uid }) => ({ name, uid }))).toEqual([{ name: node?.name, uid: node?.uid }]);
        const released = await harness.wait(nodes.release('t1', SIGNAL));
        expect(released.ok).toBe(true);
        expect(await harness.wait(nodes.release('t1', SIGNAL))).toEqual(released);
        await seen(harness, (one) => newIn(one).length === 0);
        expect(await nodes.nodeOf('t1', SIGNAL)).toMatchObject({ ok: false, code: 'lost' });
      }),
    );

    test(
      'an order can be given back before it has joined; one that was never given was not had',
      withHarness(async (harness) => {
        const { nodes } = harness;
        expect(await harness.wait(nodes.release('never', SIGNAL))).toEqual({ ok: true, paid: null });
        await harness.wait(nodes.launch(harness.order('t2'), SIGNAL));
        expect(await harness.wait(nodes.release('t2', SIGNAL))).toMatchObject({
          ok: true,
          paid: { from: expect.any(Number), until: expect.any(Number) },
        });
      }),
    );

    test(
      'what cannot be had is said so',
      withHarness(async (harness) => {
        const answer = await harness.wait(harness.nodes.launch(harness.orderWithoutCapacity('t3'), SIGNAL));
        expect(answer).toMatchObject({ ok: false, code: 'no-capacity' });
      }),
    );

    test(
      'an empty node is removed once, and asking again says when it went',
      withHarness(async (harness) => {
        const { nodes, view, emptyNode } = harness;
        const { name: own, uid } = nodeIn(await view.current(SIGNAL), emptyNode);
        const removed = await harness.wait(nodes.remove({ name: own, uid }, SIGNAL));
        expect(removed).toMatchObject({ ok: true, removedAt: expect.any(Number) });
        await seen(harness, ({ snapshot }) => !snapshot.nodes.some((node) => node.uid === uid));
        expect(await harness.wait(nodes.remove({ name: own, uid }, SIGNAL))).toEqual(removed);
      }),
    );

    test(
      'a node with pods, one of an unknown owner, and another one under the same name stay',
      withHarness(async (harness) => {
        const { nodes, view, busyNode, unknownNode, emptyNode } = harness;
        const live = await view.current(SIGNAL);
        expect(await harness.wait(nodes.remove(nodeIn(live, busyNode), SIGNAL))).toMatchObject({
          ok: false,
          code: 'not-empty',
        });
        expect(await harness.wait(nodes.remove(nodeIn(live, unknownNode), SIGNAL))).toMatchObject({
          ok: false,
          code: 'unknown-owner',
        });
        expect((await harness.wait(nodes.remove({ name: emptyNode, uid: 'another' }, SIGNAL))).ok).toBe(false);
        expect((await view.current(SIGNAL)).snapshot.nodes.length).toBe(live.snapshot.nodes.length);
      }),
    );
  });

  describe(`${name} as a Mover`, () => {
    test(
      'a pod leaves its node, its owner makes another one, and asking again is the same move',
      withHarness(async (harness) => {
        const { mover, view, movable, emptyNode } = harness;
        const before = await view.current(SIGNAL);
        const order = orderOf(before, movable, emptyNode);
        const owned = (live: LiveCluster) =>
          live.snapshot.pods.filter((pod) => pod.owner?.uid === order.owner.uid && !pod.terminating);
        const moved = await harness.wait(mover.move(order, SIGNAL, () => {}));
        expect(moved).toMatchObject({ ok: true, stoppedAt: expect.any(Number) });
        const after = await seen(
          harness,
          (live) =>
            owned(live).length === owned(before).length &&
            owned(live).every(({ uid }) => live.readySince.has(uid)) &&
            !live.snapshot.pods.some(({ uid }) => uid === order.pod.uid),
        );
        expect(owned(after).length).toBe(owned(before).length);
        expect(await harness.wait(mover.move(order, SIGNAL, () => {}))).toEqual(moved);
        expect(owned(await view.current(SIGNAL)).length).toBe(owned(before).length);
      }),
    );

    test(
      'a budget that allows nothing is kept',
      withHarness(async (harness) => {
        const { mover, view, protectedPod, emptyNode } = harness;
        const live = await view.current(SIGNAL);
        const answer = await harness.wait(mover.move(orderOf(live, protectedPod, emptyNode), SIGNAL, () => {}));
        expect(answer).toMatchObject({ ok: false, code: 'budget' });
        expect(podIn(await view.current(SIGNAL), protectedPod).terminating).toBe(false);
      }),
    );

    test(
      'another pod under the same name, or on another node, is left alone',
      withHarness(async (harness) => {
        const { mover, view, movable, emptyNode } = harness;
        const order = orderOf(await view.current(SIGNAL), movable, emptyNode);
        const wrongUid = { ...order, pod: { ...order.pod, uid: 'another' } };
        expect(await harness.wait(mover.move(wrongUid, SIGNAL, () => {}))).toMatchObject({
          ok: false,
          code: 'changed',
        });
        expect(await harness.wait(mover.move({ ...order, from: emptyNode }, SIGNAL, () => {}))).toMatchObject({
          ok: false,
          code: 'changed',
        });
        expect(podIn(await view.current(SIGNAL), movable).terminating).toBe(false);
      }),
    );

    test(
      'a single replica goes by surge once another is ready, whatever its budget allows',
      withHarness(async (harness) => {
        const { mover, view, protectedPod, emptyNode } = harness;
        const before = await view.current(SIGNAL);
        const order = orderOf(before, protectedPod, emptyNode, 'surge');
        const placed: string[] = [];
        const moved = await harness.wait(mover.move(order, SIGNAL, (uid) => placed.push(uid)));
        expect(moved).toMatchObject({ ok: true, stoppedAt: expect.any(Number) });
        const after = await seen(harness, ({ snapshot }) => !snapshot.pods.some(({ uid }) => uid === order.pod.uid));
        const owned = after.snapshot.pods.filter(({ owner }) => owner?.uid === order.owner.uid);
        expect(owned).toHaveLength(1);
        expect(placed).toEqual([owned[0]!.uid]);
        expect(after.readySince.get(owned[0]!.uid)).toBeLessThanOrEqual((moved as { stoppedAt: number }).stoppedAt);
        expect(await harness.wait(mover.move(order, SIGNAL, () => {}))).toEqual(moved);
      }),
    );

    test(
      'a surge that finds no room is withdrawn without a trace',
      withHarness(async (harness) => {
        const { mover, view, marker, protectedPod, emptyNode } = harness;
        const before = await view.current(SIGNAL);
        for (const node of before.snapshot.nodes) await harness.wait(marker.cordon(node, SIGNAL));
        const order = orderOf(before, protectedPod, emptyNode, 'surge');
        const owned = ({ snapshot }: LiveCluster) =>
          snapshot.pods.filter(({ owner, terminating }) => owner?.uid === order.owner.uid && !terminating);
        const stop = new AbortController();
        const moving = mover.move(order, stop.signal, () => {});
        const failed = expect(moving).rejects.toThrow('enough');
        await seen(harness, (live) => owned(live).length === 2);
        stop.abort(new Error('enough'));
        await harness.wait(failed);
        for (let twice = 0; twice < 2; twice++) {
          expect(await harness.wait(mover.withdraw(order, SIGNAL))).toEqual({ ok: true });
        }
        const after = await seen(harness, (live) => owned(live).length === 1);
        expect(owned(after)).toEqual(owned(before));
        expect(after.readySince.has(order.pod.uid)).toBe(true);
        expect(after.snapshot.owners.find(({ uid }) => uid === order.owner.uid)?.replicas).toBe(1);
      }),
    );
  });
}
