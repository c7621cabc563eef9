export * from './archive/manifest.ts';
export * from './start-agent.ts';
export * from './state/tickets.ts';
