import type { NodeIdentity, NodeMarker } from '../ports/node-marker.ts';
import type { RunContext } from '../run/context.ts';

export type MarkKind = 'mark' | 'unmark' | 'protect' | 'unprotect';

const MARK_MS = 120_000;
const CALLS = {
  mark: 'markUnpreferred',
  unmark: 'unmark',
  protect: 'protect',
  unprotect: 'unprotect',
} as const satisfies Record<MarkKind, keyof NodeMarker>;

/** Puts a mark on these nodes or takes it off. Says what could not be done; a node that is gone has no mark. */
export async function setMark(
  context: RunContext,
  step: string,
  kind: MarkKind,
  nodes: readonly NodeIdentity[],
): Promise<string | null> {
  if (nodes.length === 0) return null;
  const { marker } = context.ports;
  const identities = nodes.map(({ name, uid }) => ({ name, uid }));
  const { outcome } = await context.act(step, { kind, nodes: identities }, MARK_MS, async (signal) => {
    const refused: string[] = [];
    for (const node of nodes) {
      const answer = await marker[CALLS[kind]](node, signal);
      if (!answer.ok && answer.code !== 'gone') refused.push(`${node.name}: ${answer.reason}`);
    }
    return refused.length === 0 ? { ok: true } : { ok: false, code: kind, reason: refused.join('; ') };
  });
  return outcome!.ok ? null : `some nodes keep a mark of the run: ${outcome!.reason}`;
}
