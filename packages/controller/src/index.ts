export { type Schedule, type ServeConfig, serveConfigSchema } from './config/serve-config.ts';
export type { EvacuationOrder, EvacuationPorts, NoticedNode } from './evacuations/evacuation-ports.ts';
export { Evacuator, type EvacuatorOptions } from './evacuations/evacuator.ts';
export { Metrics } from './observe/metrics.ts';
export { type HealthOptions, type HealthServer, serveHealth } from './observe/serve-health.ts';
export type { Proposal, RunPorts } from './schedules/run-ports.ts';
export { Scheduler, type SchedulerOptions } from './schedules/scheduler.ts';
export { register } from './webhook/register.ts';
export { type RunningWebhook, serveWebhook, type WebhookOptions } from './webhook/serve-webhook.ts';
