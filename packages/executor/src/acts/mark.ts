import type { NodeIdentity } from '../ports/node-marker.ts';
import type { RunContext } from '../run/context.ts';

const MARK_MS = 120_000;

/** Makes the scheduler avoid these nodes where it can, or ends that. Says what could not be done. */
export async function setUnpreferred(
  context: RunContext,
  step: string,
  nodes: readonly NodeIdentity[],
  unpreferred: boolean,
): Promise<string | null> {
  if (nodes.length === 0) return null;
  const { marker } = context.ports;
  const { outcome } = await context.act(
    step,
    { kind: unpreferred ? 'mark' : 'unmark', nodes },
    MARK_MS,
    async (signal) => {
      const refused: string[] = [];
      for (const node of nodes) {
        const answer = await (unpreferred ? marker.markUnpreferred(node, signal) : marker.unmark(node, signal));
        if (!answer.ok && answer.code !== 'gone') refused.push(`${node.name}: ${answer.reason}`);
      }
      return refused.length === 0 ? { ok: true } : { ok: false, code: 'mark', reason: refused.join('; ') };
    },
  );
  return outcome!.ok ? null : `some nodes are still marked: ${outcome!.reason}`;
}
