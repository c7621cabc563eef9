import type { KubeApi } from '@restow/kube';
import { Agents, issue, LiveMover, type PhaseListener, readAuthority, WebhookSteering } from '@restow/migration';

/** Longer than any run; the certificate is in memory only. */
const HOURS = 7 * 24;

/** What moves pods live, where the cluster has agents. */
export interface LiveMoves {
  readonly mover: LiveMover;
  readonly agents: Agents;
}

/** null where no authority was made, or may be read: nothing is moved live then. */
export async function openLiveMoves(
  api: KubeApi,
  onPhase: PhaseListener,
  signal: AbortSignal,
): Promise<LiveMoves | null> {
  const authority = await readAuthority(api, signal).catch(() => null);
  if (authority === null) return null;
  const credentials = await issue(authority, { role: 'controller', name: 'restow', hours: HOURS }, new Date());
  const agents = new Agents(api, credentials);
  return {
    mover: new LiveMover({ api, agents, steering: new WebhookSteering(api, Date.now), now: Date.now, onPhase }),
    agents,
  };
}
