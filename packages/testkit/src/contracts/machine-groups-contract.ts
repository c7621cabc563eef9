import type { MachineGroups, MachineOrder } from '@restow/executor';
import { describe, expect, test } from 'vitest';

/** One group with two machines of one kind in one zone, of which there may be from one to four. */
export interface MachineGroupsHarness {
  readonly groups: MachineGroups;
  /** What its nodes call the group. */
  readonly name: string;
  readonly kind: Omit<MachineOrder, 'key'>;
  /** Machines that are paid for, and how many are wanted, as the cloud itself has them. */
  machines(): Promise<readonly string[]>;
  wanted(): Promise<number>;
  providerIdOf(machine: string): string;
  protect(machine: string): Promise<void>;
  /** From now on there are none to be had; null: this cloud cannot play that. */
  readonly exhaust: (() => void) | null;
  close(): Promise<void>;
}

type Skip = (note: string) => never;
interface Skippable {
  readonly skip: Skip;
}

const signal = AbortSignal.timeout(2 ** 31 - 1);

/** What the groups of every cloud must do. */
export function machineGroupsContract(name: string, makeHarness: () => Promise<MachineGroupsHarness>): void {
  const withHarness =
    (work: (harness: MachineGroupsHarness, skip: Skip) => Promise<void>) =>
    async ({ skip }: Skippable) => {
      const harness = await makeHarness();
      try {
        await work(harness, skip);
      } finally {
        await harness.close();
      }
    };
  const groupOf = async ({ groups, name: called }: MachineGroupsHarness) => {
    const found = await groups.groupsNamed(called, signal);
    expect(found).toHaveLength(1);
    return found[0]!;
  };

  describe(`${name} as MachineGroups`, () => {
    test(
      'knows its machines by their provider IDs, and its groups by what nodes call them',
      withHarness(async (harness) => {
        const { groups, machines, providerIdOf } = harness;
        const there = await machines();
        expect((await groupOf(harness)).machines.toSorted()).toEqual(there.toSorted());
        expect(there.map((machine) => groups.machineAt(providerIdOf(machine)))).toEqual(there);
        for (const other of [
          '',
          'kwok://node-1',
          'aws:///',
          'gce://',
          'azure:///x',
          `${providerIdOf(there[0]!)}/more/x`,
        ]) {
          expect(groups.machineAt(other)).toBeNull();
        }
        expect(await groups.groupsNamed('nobody', signal)).toEqual([]);
      }),
    );

    test(
      'the same order twice is one machine, which is found by it and given back',
      withHarness(async (harness) => {
        const { groups, kind, machines, wanted } = harness;
        const before = await machines();
        const group = await groupOf(harness);
        const order = { ...kind, key: 'aaaa1111bbbb' };
        expect(await groups.ordered(order.key, signal)).toBeNull();
        const first = await groups.order(group, order, signal);
        expect(first).toEqual({ ok: true, launchedAt: expect.any(Number) });
        expect(await groups.order(group, order, signal)).toEqual(first);
        const added = (await machines()).filter((machine) => !before.includes(machine));
        expect(added).toHaveLength(1);
        expect(await groups.ordered(order.key, signal)).toEqual({ machine: added[0], isLost: false });
        expect(await wanted()).toBe(3);
        const released = await groups.release(order.key, signal);
        expect(released).toMatchObject({ ok: true, paid: { from: (first as { launchedAt: number }).launchedAt } });
        expect(await groups.release(order.key, signal)).toEqual(released);
        expect((await machines()).toSorted()).toEqual(before.toSorted());
        expect(await wanted()).toBe(2);
        expect((await groups.ordered(order.key, signal))?.isLost ?? true).toBe(true);
      }),
    );

    test(
      'orders at the same time are as many machines',
      withHarness(async (harness) => {
        const { groups, kind, machines } = harness;
        const group = await groupOf(harness);
        const before = await machines();
        const keys = ['cccc0000cccc', 'dddd0000dddd'];
        const answers = await Promise.all(keys.map((key) => groups.order(group, { ...kind, key }, signal)));
        expect(answers.every(({ ok }) => ok)).toBe(true);
        const found = await Promise.all(keys.map(async (key) => (await groups.ordered(key, signal))?.machine));
        expect(new Set(found).size).toBe(2);
        expect((await machines()).filter((machine) => !before.includes(machine)).toSorted()).toEqual(found.toSorted());
      }),
    );

    test(
      'nothing was ordered, nothing is given back',
      withHarness(async ({ groups, wanted }) => {
        expect(await groups.release('eeee0000eeee', signal)).toEqual({ ok: true, paid: null });
        expect(await wanted()).toBe(2);
      }),
    );

    test(
      'no more than there may be, no fewer than there must be',
      withHarness(async (harness) => {
        const { groups, kind, machines, wanted } = harness;
        const group = await groupOf(harness);
        for (const key of ['ffff00000001', 'ffff00000002']) {
          expect((await groups.order(group, { ...kind, key }, signal)).ok).toBe(true);
        }
        expect(await groups.order(group, { ...kind, key: 'ffff00000003' }, signal)).toMatchObject({
          ok: false,
          code: 'limit',
        });
        expect(await wanted()).toBe(4);
        const all = await machines();
        for (const machine of all.slice(1)) expect((await groups.remove(machine, signal)).ok).toBe(true);
        expect(await machines()).toEqual([all[0]]);
        expect(await groups.remove(all[0]!, signal)).toMatchObject({ ok: false, code: 'minimum' });
        expect(await machines()).toEqual([all[0]]);
      }),
    );

    test(
      'the machine that is meant goes, and once',
      withHarness(async ({ groups, machines, wanted }) => {
        const [first, second] = await machines();
        for (let twice = 0; twice < 2; twice++) {
          expect(await groups.remove(second!, signal)).toEqual({ ok: true, removedAt: expect.any(Number) });
        }
        expect(await machines()).toEqual([first]);
        expect(await wanted()).toBe(1);
      }),
    );

    test(
      'a protected machine stays',
      withHarness(async (harness) => {
        const [first] = await harness.machines();
        await harness.protect(first!);
        expect(await harness.groups.remove(first!, signal)).toMatchObject({ ok: false, code: 'protected' });
        expect(await harness.machines()).toHaveLength(2);
      }),
    );

    test(
      'what cannot be had is said so, and is not wanted any longer',
      withHarness(async (harness, skip) => {
        const { groups, kind, machines, wanted, exhaust } = harness;
        if (exhaust === null) return skip('this cloud cannot play it');
        const before = await machines();
        exhaust();
        expect(await groups.order(await groupOf(harness), { ...kind, key: '111100001111' }, signal)).toMatchObject({
          ok: false,
          code: 'no-capacity',
        });
        expect(await wanted()).toBe(2);
        expect(await machines()).toEqual(before);
        expect(await groups.release('111100001111', signal)).toMatchObject({ ok: true, paid: null });
      }),
    );
  });
}
