import { canonicalJson } from '@restow/model';
import type { Body, BodyOf } from '../ledger/entry.ts';
import type { Facts, NodeFacts, PodFacts } from './facts.ts';

interface Open<What> {
  /** Since when it has been as it is. */
  readonly from: number;
  readonly is: What;
}

/** What is there and has not been written down yet. */
export interface OpenIntervals {
  /** Until when everything is known. */
  readonly until: number;
  readonly nodes: readonly Open<NodeFacts>[];
  readonly pods: readonly Open<PodFacts>[];
}

export interface Followed {
  readonly bodies: readonly Body[];
  readonly open: OpenIntervals;
}

/**
 * From what was known at one moment to what is seen at a later one. What is gone or has changed ends where it was last
 * known to be as it was: now, or, when nobody has looked on since, then. `lookedOn` false: what came and went meanwhile is
 * not known, and that is written down.
 */
export function follow(before: OpenIntervals | null, seen: Facts, at: number, lookedOn: boolean): Followed {
  if (before === null) {
    const from = at;
    const open = <What>(all: readonly What[]) => all.map((is) => ({ from, is }));
    return { bodies: [], open: { until: at, nodes: open(seen.nodes), pods: open(seen.pods) } };
  }
  const now = Math.max(at, before.until);
  const ended = lookedOn ? now : before.until;
  const gap: BodyOf<'gap'> = { kind: 'gap', from: before.until, until: now, why: 'nobody looked on' };
  const nodes = compare(before.nodes, seen.nodes, now, (one) => one, keep);
  const pods = compare(before.pods, seen.pods, now, withoutUse, withMostUse);
  return {
    bodies: [
      ...nodes.ended.flatMap((one) => nodeBody(one, ended)),
      ...pods.ended.flatMap((one) => podBody(one, ended)),
      ...(lookedOn || now === before.until ? [] : [gap]),
    ],
    open: { until: now, nodes: nodes.open, pods: pods.open },
  };
}

/** Writes down everything until `at`, from where it goes on as it is. */
export function closeAt({ nodes, pods }: OpenIntervals, at: number): Followed {
  const again = <What>(all: readonly Open<What>[]) => all.map(({ from, is }) => ({ from: Math.max(from, at), is }));
  return {
    bodies: [...nodes.flatMap((one) => nodeBody(one, at)), ...pods.flatMap((one) => podBody(one, at))],
    open: { until: at, nodes: again(nodes), pods: again(pods).map(forgetUse) },
  };
}

function compare<What extends { readonly uid: string }>(
  before: readonly Open<What>[],
  seen: readonly What[],
  at: number,
  compared: (is: What) => unknown,
  merge: (was: What, is: What) => What,
): { readonly ended: readonly Open<What>[]; readonly open: readonly Open<What>[] } {
  const known = new Map(before.map((one) => [one.is.uid, one]));
  const open = seen.map((is): Open<What> => {
    const was = known.get(is.uid);
    if (was === undefined || canonicalJson(compared(was.is)) !== canonicalJson(compared(is))) return { from: at, is };
    known.delete(is.uid);
    return { from: was.from, is: merge(was.is, is) };
  });
  return { ended: [...known.values()], open };
}

function nodeBody({ from, is }: Open<NodeFacts>, until: number): Body[] {
  return from < until ? [{ kind: 'node', from, until, ...is }] : [];
}

function podBody({ from, is }: Open<PodFacts>, until: number): Body[] {
  return from < until ? [{ kind: 'pod', from, until, ...is }] : [];
}

function keep<What>(_was: What, is: What): What {
  return is;
}

/** What a pod uses changes all the time: the most of it counts. */
function withoutUse({ usedMemoryBytes: _used, ...rest }: PodFacts): unknown {
  return rest;
}

function withMostUse(was: PodFacts, is: PodFacts): PodFacts {
  const usedMemoryBytes =
    was.usedMemoryBytes === null || is.usedMemoryBytes === null
      ? (is.usedMemoryBytes ?? was.usedMemoryBytes)
      : Math.max(was.usedMemoryBytes, is.usedMemoryBytes);
  return { ...is, usedMemoryBytes };
}

function forgetUse({ from, is }: Open<PodFacts>): Open<PodFacts> {
  return { from, is: { ...is, usedMemoryBytes: null } };
}
