import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MoveReport } from '@restow/migration';
import type { NodeState } from '../state/tickets.ts';

/** What the shim has done with a ticket, by the marks that it leaves. */
export async function stateOfTicket(
  state: NodeState,
  move: string,
  containers: readonly string[],
): Promise<MoveReport> {
  const archive = state.archive(move);
  const done: readonly string[] = await readdir(join(archive, 'done')).catch(() => []);
  if (containers.every((name) => done.includes(name))) return { state: 'restored', reason: null, phasesMs: {} };
  const refused = await state.refusedBy(move);
  if (refused !== null) return { state: 'failed', reason: refused.reason, phasesMs: {} };
  const used = await readdir(join(archive, 'used')).catch(() => []);
  return { state: used.length > 0 ? 'taken' : 'open', reason: null, phasesMs: {} };
}
