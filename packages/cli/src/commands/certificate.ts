import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureAuthority, issue } from '@restow/migration';
import { InputError } from '@restow/model';
import { withApi } from '../live/with-api.ts';
import { clusterChoice } from '../read-cluster.ts';
import { writeWhole } from '../write-file.ts';

export interface CertificateOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly save: string;
  readonly days: string;
}

const LIMIT_MS = 60_000;

/** Issues the certificate of one node's agent, and makes the authority on first use. */
export async function runCertificate(node: string, options: CertificateOptions): Promise<void> {
  const days = Number(options.days);
  if (!(days > 0)) throw new InputError(`--days ${options.days}: expected a number above 0`);
  const choice = clusterChoice(options.kubeconfig, options.context);
  await withApi({ choice, userAgent: 'restow certificate', limitMs: LIMIT_MS }, async (api, signal) => {
    const now = new Date();
    const authority = await ensureAuthority(api, now, signal);
    const { certificate, key } = await issue(authority, { role: 'agent', name: node, hours: days * 24 }, now);
    mkdirSync(options.save, { recursive: true, mode: 0o700 });
    const files = { 'ca.crt': authority.certificate, 'tls.crt': certificate, 'tls.key': key };
    for (const [name, text] of Object.entries(files)) await writeWhole(join(options.save, name), text);
    process.stdout.write(`${options.save}: ca.crt, tls.crt and tls.key of ${node}, for ${days} days\n`);
  });
}
