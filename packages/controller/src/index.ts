export { register } from './webhook/register.ts';
export { type RunningWebhook, serveWebhook, type WebhookOptions } from './webhook/serve-webhook.ts';
