import { FORBIDDEN, type KubeApi, KubeApiError } from '@restow/kube';
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
  const authority = await readAuthority(api, signal).catch((error: unknown) => {
    if (error instanceof KubeApiError && error.status === FORBIDDEN) return null;
    throw error;
  });
  if (authority === null) return null;
  const credentials = await issue(authority, { role: 'controller', name: 'restow', hours: HOURS }, new Date());
  const agents = new Agents(api, credentials);
  const webhook = new WebhookSteering(api, Date.now);
  const steering = (await webhook.isThere(signal)) ? webhook : null;
  return { mover: new LiveMover({ api, agents, steering, now: Date.now, onPhase }), agents };
}
