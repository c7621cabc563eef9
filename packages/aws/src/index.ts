export { type AwsPricesOptions, awsPrices } from './aws-prices.ts';
export { AwsClients } from './clients.ts';
export { examineAws } from './doctor.ts';
export { AutoScalingGroups, type AutoScalingGroupsOptions } from './groups/auto-scaling-groups.ts';
export { parseEvent } from './notices/parse-event.ts';
export { type QueueCounts, QueueNotices, type QueueNoticesOptions } from './notices/queue-notices.ts';
