import type { AgentNotices } from '@restow/migration';

/** What a node's metadata server says about its end. */
export type OwnNotice = AgentNotices['notices'][number];

/** A cloud's metadata server, as seen from one of its machines. */
export interface MetadataSource {
  /** Everything that it says now. Throws when it does not answer. */
  read(signal: AbortSignal): Promise<readonly OwnNotice[]>;
}
