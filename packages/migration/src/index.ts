export { type Authority, createAuthority, issue, type Subject } from './authority/authority.ts';
export { AUTHORITY_SECRET, ensureAuthority, readAuthority } from './authority/cluster-authority.ts';
export { isOlder } from './move/is-older.ts';
export { LiveMover, type LiveMoverOptions } from './move/live-mover.ts';
export type { Phase, PhaseListener } from './move/phase-listener.ts';
export { AgentNoticeSource, type AgentNoticeSourceOptions } from './notices/agent-notice-source.ts';
export {
  ARMED_ANNOTATION,
  INTENT_COLLECTION,
  intentOf,
  WEBHOOK_NAME,
  WEBHOOK_PATH,
} from './steering/intents.ts';
export { ARCHIVE_GATE, type Intent, type Steering, type SteeringOrder } from './steering/steering.ts';
export { WebhookSteering } from './steering/webhook-steering.ts';
export { Agent } from './wire/agent.ts';
export { AgentConnection, FRAME_BYTES, WINDOW_BYTES } from './wire/agent-connection.ts';
export { Agents } from './wire/agents.ts';
export * from './wire/credentials.ts';
export * from './wire/messages.ts';
