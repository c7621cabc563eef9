import type { SnapshotNode } from '@restow/model';
import type { RunContext } from '../run/context.ts';

const SEEN_MS = 30_000;

/** Waits until the cluster is seen to say so of a node, or the node is gone; whether it did. */
export async function untilNode(
  context: RunContext,
  name: string,
  isSo: (node: SnapshotNode) => boolean,
): Promise<boolean> {
  const seen = await context.until(SEEN_MS, ({ snapshot }) => {
    const node = snapshot.nodes.find((one) => one.name === name);
    return node === undefined || isSo(node) ? true : null;
  });
  return seen !== null;
}
