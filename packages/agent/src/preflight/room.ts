import type { AgentLimits } from '../limits.ts';
import { availableBytes } from './node.ts';

/** Headers, manifests, files that grow between the look at them and the checkpoint, and a large page for each small one. */
export const SLACK_BYTES = 128 * 2 ** 20;

export interface RoomRequest {
  /** Of the archive in question. */
  readonly bytes: number;
  /** With those of other moves. */
  readonly allBytes: number;
  /** How often they will be in memory at the same time: as archives, and as what is restored from them. */
  readonly copies: number;
}

/** Why the node has no memory for the archives; null: it has. */
export async function whyNoRoom(request: RoomRequest, { archiveBytes }: AgentLimits): Promise<string | null> {
  const { bytes, allBytes, copies } = request;
  if (allBytes > archiveBytes) {
    return `its archive needs ${bytes} bytes of memory, and all archives together may have ${archiveBytes}`;
  }
  const available = await availableBytes();
  const needed = copies * allBytes + SLACK_BYTES;
  return needed > available ? `its archive needs ${needed} bytes of memory here, and ${available} are free` : null;
}
