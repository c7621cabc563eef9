import type { AgentNotices, NodeReport, Preflight, Refusal, WirePod } from '@restow/migration';
import type { Addresses } from './host/addresses.ts';
import type { SourceMoves } from './moves/source-moves.ts';
import type { TargetMoves } from './moves/target-moves.ts';

/** What an agent does for whoever may ask. */
export interface AgentServices {
  readonly sources: SourceMoves;
  readonly targets: TargetMoves;
  readonly addresses: Addresses;
  report(): Promise<NodeReport>;
  /** Answers when something has come since that version, or after a while. */
  notices(after: number): Promise<AgentNotices>;
  preflight(pod: WirePod): Promise<Preflight | Refusal>;
}
