export * from './archive/manifest.ts';
export { GceMetadata } from './notices/gce-metadata.ts';
export { Imds } from './notices/imds.ts';
export type { MetadataSource, OwnNotice } from './notices/metadata-source.ts';
export { NoticeWatch, type NoticeWatchOptions } from './notices/notice-watch.ts';
export * from './start-agent.ts';
export * from './state/tickets.ts';
