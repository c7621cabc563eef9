import { expect, test } from 'vitest';
import { NoticeBoard } from './notice-board.ts';

const MINUTE = 60_000;
const interruption = { kind: 'spot-interruption', deadline: 2 * MINUTE } as const;

test('the same word from two sources is one notice with the earlier deadline', () => {
  const board = new NoticeBoard({ nodeOf: (machine) => (machine === 'i-1' ? 'node-1' : null), now: () => 0 });
  expect(board.post({ ...interruption, id: 'queue', machine: 'i-1' })).toBe(true);
  expect(board.post({ ...interruption, id: 'queue', machine: 'i-1' })).toBe(false);
  expect(board.post({ ...interruption, id: 'agent', node: 'node-1', deadline: MINUTE })).toBe(false);
  expect(board.post({ id: 'hint', kind: 'rebalance-hint', machine: 'i-1', deadline: null })).toBe(true);
  expect(board.current()).toEqual([
    { id: 'queue', kind: 'spot-interruption', node: 'node-1', deadline: MINUTE },
    { id: 'hint', kind: 'rebalance-hint', node: 'node-1', deadline: null },
  ]);
  expect(board.counts).toEqual({ notices: 2, doubled: 2 });
});

test('a machine of another cluster is nobody here, and one that joins later is somebody then', () => {
  const nodes = new Map<string, string>();
  const board = new NoticeBoard({ nodeOf: (machine) => nodes.get(machine) ?? null, now: () => 0 });
  board.post({ ...interruption, id: 'a', machine: 'i-2' });
  expect(board.current()).toEqual([]);
  nodes.set('i-2', 'node-2');
  expect(board.current().map(({ node }) => node)).toEqual(['node-2']);
});

test('what is over is forgotten, and may be said again', () => {
  let now = 0;
  const board = new NoticeBoard({ nodeOf: (machine) => machine, now: () => now });
  board.post({ ...interruption, id: 'a', machine: 'i-3' });
  now = 20 * MINUTE;
  expect(board.current()).toEqual([]);
  expect(board.post({ ...interruption, id: 'b', machine: 'i-3', deadline: now + MINUTE })).toBe(true);
  expect(board.current().map(({ id }) => id)).toEqual(['b']);
});
